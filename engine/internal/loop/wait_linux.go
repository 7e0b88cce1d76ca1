package loop

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pollEvents asks for events without blocking, and without telling the
// scheduler: the call is over sooner than the telling.
func pollEvents(fd int, raw []unix.EpollEvent) (int, Errno) {
	n, _, e := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(raw))), uintptr(len(raw)), 0, 0, 0)
	return int(n), e
}

// parked waits by registering the epoll descriptor in Go's own poller: while
// there is nothing to do, the loop is a parked goroutine and holds no thread.
type parked struct {
	fd    int
	file  *os.File
	conn  syscall.RawConn
	poll  func(fd uintptr) bool // bound once, as each wait would allocate it
	raw   []unix.EpollEvent
	n     int
	errno Errno
	armed int64 // the deadline set on file; -1 for none
}

func newParked(fd int) (waiter, error) {
	// os.NewFile registers only descriptors that are non-blocking.
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("epoll descriptor: %w", err)
	}
	file := os.NewFile(uintptr(fd), "epoll")
	conn, err := file.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("epoll descriptor: %w", err)
	}
	p := &parked{fd: fd, file: file, conn: conn, armed: -1}
	p.poll = p.pollOnce
	return p, nil
}

func (p *parked) pollOnce(uintptr) bool {
	p.n, p.errno = pollEvents(p.fd, p.raw)
	return p.n > 0 || p.errno != 0
}

func (p *parked) wait(raw []unix.EpollEvent, deadline int64) (int, error) {
	if err := p.arm(deadline); err != nil {
		return 0, err
	}
	p.raw, p.n, p.errno = raw, 0, 0
	err := p.conn.Read(p.poll)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		p.armed = 0 // in the past: the next wait has to set it anew
		p.pollOnce(0)
		err = nil
	}
	if err == nil && p.errno != 0 && p.errno != unix.EINTR {
		err = p.errno
	}
	if err != nil {
		return 0, fmt.Errorf("epoll_pwait: %w", err)
	}
	return max(p.n, 0), nil
}

// arm sets the deadline, unless one is set that ends the wait before it: an
// early return is cheaper than resetting the runtime's timer at each wait.
func (p *parked) arm(deadline int64) error {
	if p.armed > 0 && (deadline < 0 || p.armed <= deadline) || p.armed == deadline {
		return nil
	}
	var at time.Time
	if deadline >= 0 {
		at = time.Now().Add(time.Duration(deadline - nanotime()))
	}
	if err := p.file.SetReadDeadline(at); err != nil {
		return fmt.Errorf("epoll descriptor: %w", err)
	}
	p.armed = deadline
	return nil
}

func (p *parked) close() error { return p.file.Close() }
