package codec

import (
	"errors"
	"fmt"
	"testing"
	"unicode/utf8"
)

var rules = []*Error{
	ErrMaskRequired, ErrMaskUnexpected,
	ErrReservedBits, ErrReservedOpcode, ErrLengthNotMinimal, ErrLengthTopBit,
	ErrUnexpectedContinuation, ErrExpectedContinuation,
	ErrControlTooLong, ErrControlFragmented,
	ErrCloseLength, ErrCloseCode, ErrCloseReason,
	ErrInvalidUTF8, ErrDeflate, ErrMessageTooBig, ErrTooManyFragments,
}

// An error must make a Close frame that its receiver accepts, uncut.
func TestErrorsFitCloseFrames(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range rules {
		if !e.Code.Sendable() || e.Reason == "" || len(e.Reason) > maxReason || !utf8.ValidString(e.Reason) || e.Section == "" {
			t.Errorf("%#v", e)
		}
		if seen[e.Reason] {
			t.Errorf("two errors say %q", e.Reason)
		}
		seen[e.Reason] = true
	}
}

func TestErrorText(t *testing.T) {
	want := "codec: reserved bits are set (RFC 6455 section 5.2)"
	if got := ErrReservedBits.Error(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var e *Error
	if err := fmt.Errorf("reading: %w", ErrMessageTooBig); !errors.As(err, &e) || !errors.Is(err, ErrMessageTooBig) {
		t.Error("not found when wrapped")
	}
}
