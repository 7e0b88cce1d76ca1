package load

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"testing"
)

func TestErrorsOfOneKindCountTogether(t *testing.T) {
	var e Errors
	for port := range 3 {
		err := &net.OpError{Op: "dial", Addr: &net.TCPAddr{Port: port}, Err: errors.New("refused")}
		e.add("dial", fmt.Errorf("connection: %w", err))
	}
	e.add("dial", errors.New("other"))
	e.add("mismatch", nil)
	want := map[string]int{"dial: dial: refused": 3, "dial: other": 1, "mismatch": 1}
	if got := e.Kinds(); !maps.Equal(got, want) || e.Total() != 5 {
		t.Errorf("%v, total %d; want %v", got, e.Total(), want)
	}
}

func TestNoErrors(t *testing.T) {
	var e Errors
	if e.Total() != 0 || len(e.Kinds()) != 0 {
		t.Errorf("%v", e.Kinds())
	}
}
