//go:build linux

package loop

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// epoll is the Poller on Linux.
type epoll struct {
	fd     int
	waiter waiter
	raw    [maxReady]unix.EpollEvent

	woken  atomic.Bool
	mu     sync.RWMutex // holds the wake descriptor open while it is written
	wakeFD int          // an eventfd; -1 once closed
}

// waiter is how an epoll descriptor's events are waited for: [parked], or in
// tests the plain way, on a thread that blocks.
type waiter interface {
	wait(raw []unix.EpollEvent, deadline int64) (int, error)
	close() error
}

func newEpoll(wait func(fd int) (waiter, error)) (Poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	wakeFD, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	w, err := wait(fd)
	if err != nil {
		unix.Close(fd)
		unix.Close(wakeFD)
		return nil, err
	}
	p := &epoll{fd: fd, waiter: w, wakeFD: wakeFD}
	if e := p.Add(wakeFD, Handle{Slot: wakeSlot}, Readable); e != 0 {
		p.Close()
		return nil, fmt.Errorf("epoll_ctl: %w", e)
	}
	return p, nil
}

func (p *epoll) Add(fd int, h Handle, want Interest) Errno {
	return p.control(unix.EPOLL_CTL_ADD, fd, h, want)
}

func (p *epoll) Modify(fd int, h Handle, want Interest) Errno {
	return p.control(unix.EPOLL_CTL_MOD, fd, h, want)
}

func (p *epoll) Remove(fd int) Errno {
	return p.control(unix.EPOLL_CTL_DEL, fd, Handle{}, 0)
}

func (p *epoll) control(op, fd int, h Handle, want Interest) Errno {
	ev := unix.EpollEvent{Fd: h.Slot, Pad: int32(h.Gen)}
	if want&Readable != 0 {
		ev.Events |= unix.EPOLLIN
	}
	if want&Writable != 0 {
		ev.Events |= unix.EPOLLOUT
	}
	_, _, e := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.fd), uintptr(op), uintptr(fd),
		uintptr(unsafe.Pointer(&ev)), 0, 0)
	return e
}

func (p *epoll) Wait(events []Event, deadline int64) (int, error) {
	raw := p.raw[:min(len(events), maxReady)]
	got, err := p.waiter.wait(raw, deadline)
	if err != nil {
		return 0, err
	}
	n := 0
	for i := range raw[:got] {
		if raw[i].Fd == wakeSlot {
			p.drainWake()
			continue
		}
		events[n] = Event{Handle{raw[i].Fd, uint32(raw[i].Pad)}, readiness(raw[i].Events)}
		n++
	}
	return n, nil
}

func readiness(events uint32) (r Interest) {
	if events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		r |= Readable
	}
	if events&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		r |= Writable
	}
	return r
}

func (p *epoll) Wake() {
	if p.woken.Swap(true) {
		return
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	one := [8]byte{0: 1}
	uninterrupted(unix.Write, p.wakeFD, one[:])
}

// drainWake clears the flag last: a Wake in between writes nothing, and is
// answered by the return of the Wait that is under way.
func (p *epoll) drainWake() {
	var count [8]byte
	unix.Read(p.wakeFD, count[:])
	p.woken.Store(false)
}

func (p *epoll) Close() error {
	p.mu.Lock()
	unix.Close(p.wakeFD)
	p.wakeFD = -1
	p.mu.Unlock()
	return p.waiter.close()
}
