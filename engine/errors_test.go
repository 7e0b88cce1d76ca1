package engine_test

import (
	"errors"
	"io"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  error
		want string
	}{
		{engine.ErrClosed, "engine: connection is closed"},
		{engine.ErrNotMessage, "engine: only text and binary messages can be sent with Send"},
		{&engine.CloseError{Code: codec.CloseNormal}, "engine: closed with 1000 normal closure"},
		{&engine.CloseError{Code: 3000, Reason: "why\n", Remote: true}, `engine: closed by the peer with 3000 ("why\n")`},
		{&engine.CloseError{Code: codec.CloseAbnormal, Err: io.ErrUnexpectedEOF}, "engine: closed with 1006 abnormal closure: unexpected EOF"},
	}
	for _, test := range tests {
		if got := test.err.Error(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestCloseErrorUnwraps(t *testing.T) {
	t.Parallel()
	err := error(&engine.CloseError{Err: engine.ErrIdleTimeout})
	if !errors.Is(err, engine.ErrIdleTimeout) || errors.Is(err, engine.ErrCloseTimeout) {
		t.Error("errors.Is does not find the reason")
	}
}
