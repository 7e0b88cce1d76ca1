package loop

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// blocking waits in epoll_pwait itself, on a thread of its own: the plain way,
// which parked is checked against.
type blocking struct{ fd int }

func newBlocking(fd int) (waiter, error) { return blocking{fd}, nil }

func (b blocking) wait(raw []unix.EpollEvent, deadline int64) (int, error) {
	timeout := -1
	if deadline >= 0 {
		left := time.Duration(deadline - nanotime())
		timeout = int((max(left, 0) + time.Millisecond - 1) / time.Millisecond)
	}
	n, err := unix.EpollWait(b.fd, raw, timeout)
	if err != nil && err != unix.EINTR {
		return 0, fmt.Errorf("epoll_pwait: %w", err)
	}
	return max(n, 0), nil
}

func (b blocking) close() error { return unix.Close(b.fd) }
