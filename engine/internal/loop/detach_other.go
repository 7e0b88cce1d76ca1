//go:build !unix

package loop

import (
	"io"
	"syscall"
)

// Detach fails.
func Detach(s interface {
	syscall.Conn
	io.Closer
}) (int, error) {
	s.Close()
	return -1, errUnsupported
}
