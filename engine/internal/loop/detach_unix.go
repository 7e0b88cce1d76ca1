//go:build unix

package loop

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Detach gives a descriptor for the socket of a connection or listener of
// package net: it is non-blocking and the caller's, who also closes s.
func Detach(s syscall.Conn) (int, error) {
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
