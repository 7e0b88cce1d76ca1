//go:build unix

package loop

import (
	"errors"

	"golang.org/x/sys/unix"
)

// openSpare opens a descriptor that costs the system next to nothing.
func openSpare() (int, Errno) {
	fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	return fd, errnoOf(err)
}

// errnoOf gives the number in an error of package unix.
func errnoOf(err error) Errno {
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[Errno](err); ok {
		return e
	}
	return unix.EIO
}

// uninterrupted writes b, whole or not at all, and again if it was interrupted.
// A poller's Wake that got lost would be the last: those after it rely on it.
func uninterrupted(write func(int, []byte) (int, error), fd int, b []byte) {
	for {
		if _, err := write(fd, b); err != unix.EINTR {
			return
		}
	}
}
