package faults

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/gobwas/ws"
)

// closeError is a Close that the server began.
type closeError struct {
	code   ws.StatusCode
	reason string
}

func (e closeError) Error() string { return fmt.Sprintf("closed with %d %q", e.code, e.reason) }

// cut tells that a connection ended before its time, but in a way that its peer
// could not take for anything else.
func cut(err error) bool {
	if _, ok := errors.AsType[closeError](err); ok {
		return true
	}
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}
