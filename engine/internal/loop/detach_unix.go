//go:build unix

package loop

import (
	"fmt"
	"io"
	"syscall"

	"golang.org/x/sys/unix"
)

// Detach takes the socket out of a connection or listener of package net and
// closes that: the descriptor it gives is non-blocking and the caller's.
func Detach(s interface {
	syscall.Conn
	io.Closer
}) (int, error) {
	defer s.Close()
	raw, err := s.SyscallConn()
	if err != nil {
		return -1, fmt.Errorf("detach: %w", err)
	}
	fd := -1
	var dupErr error
	if err := raw.Control(func(own uintptr) {
		fd, dupErr = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0)
	}); err != nil {
		return -1, fmt.Errorf("detach: %w", err)
	}
	if dupErr != nil {
		return -1, fmt.Errorf("detach: %w", dupErr)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("detach: %w", err)
	}
	return fd, nil
}
