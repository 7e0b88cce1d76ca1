//go:build darwin || freebsd

package loop

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// kqueue is the Poller on FreeBSD and macOS. It blocks in kevent on a thread
// of its own, and is woken through a pipe. A hang-up with an empty interest is
// reported only once there is an interest again.
type kqueue struct {
	fd  int
	raw [maxReady]unix.Kevent_t

	mu      sync.Mutex
	handles []Handle // by descriptor: what an event's descriptor stands for
	closed  bool

	woken atomic.Bool
	wakeR int
	wakeW int
}

func newKqueue() (Poller, error) {
	fd, err := unix.Kqueue()
	if err != nil {
		return nil, fmt.Errorf("kqueue: %w", err)
	}
	unix.CloseOnExec(fd)
	pipe := make([]int, 2)
	if err := unix.Pipe(pipe); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("pipe: %w", err)
	}
	for _, end := range pipe {
		unix.CloseOnExec(end)
		unix.SetNonblock(end, true)
	}
	p := &kqueue{fd: fd, wakeR: pipe[0], wakeW: pipe[1]}
	if e := p.Add(p.wakeR, Handle{Slot: wakeSlot}, Readable); e != 0 {
		p.Close()
		return nil, fmt.Errorf("kevent: %w", e)
	}
	return p, nil
}

func (p *kqueue) Add(fd int, h Handle, want Interest) Errno {
	p.mu.Lock()
	for len(p.handles) <= fd {
		p.handles = append(p.handles, Handle{})
	}
	p.handles[fd] = h
	p.mu.Unlock()
	return p.Modify(fd, h, want)
}

// Modify states both filters, enabled or disabled, so that it need not know
// what was registered before.
func (p *kqueue) Modify(fd int, _ Handle, want Interest) Errno {
	var changes [2]unix.Kevent_t
	unix.SetKevent(&changes[0], fd, unix.EVFILT_READ, enable(want&Readable != 0))
	unix.SetKevent(&changes[1], fd, unix.EVFILT_WRITE, enable(want&Writable != 0))
	_, err := unix.Kevent(p.fd, changes[:], nil, nil)
	return errnoOf(err)
}

func enable(on bool) int {
	if on {
		return unix.EV_ADD | unix.EV_ENABLE
	}
	return unix.EV_ADD | unix.EV_DISABLE
}

func (p *kqueue) Remove(fd int) Errno {
	var changes [2]unix.Kevent_t
	unix.SetKevent(&changes[0], fd, unix.EVFILT_READ, unix.EV_DELETE)
	unix.SetKevent(&changes[1], fd, unix.EVFILT_WRITE, unix.EV_DELETE)
	_, err := unix.Kevent(p.fd, changes[:], nil, nil)
	return errnoOf(err)
}

func (p *kqueue) Wait(events []Event, deadline int64) (int, error) {
	var timeout *unix.Timespec
	if deadline >= 0 {
		left := unix.NsecToTimespec(int64(max(time.Duration(deadline-nanotime()), 0)))
		timeout = &left
	}
	raw := p.raw[:min(len(events), maxReady)]
	got, err := unix.Kevent(p.fd, nil, raw, timeout)
	if err != nil && err != unix.EINTR {
		return 0, fmt.Errorf("kevent: %w", err)
	}
	n := 0
	for i := range raw[:max(got, 0)] {
		fd := int(raw[i].Ident)
		if fd == p.wakeR {
			p.drainWake()
			continue
		}
		p.mu.Lock()
		h := p.handles[fd]
		p.mu.Unlock()
		events[n] = Event{h, kqueueReadiness(&raw[i])}
		n++
	}
	return n, nil
}

func kqueueReadiness(ev *unix.Kevent_t) Interest {
	if ev.Filter == unix.EVFILT_WRITE {
		return Writable
	}
	return Readable
}

func (p *kqueue) Wake() {
	if p.woken.Swap(true) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		uninterrupted(unix.Write, p.wakeW, []byte{1})
	}
}

// drainWake clears the flag last, as the epoll poller does.
func (p *kqueue) drainWake() {
	var b [8]byte
	unix.Read(p.wakeR, b[:])
	p.woken.Store(false)
}

func (p *kqueue) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	unix.Close(p.wakeR)
	unix.Close(p.wakeW)
	return unix.Close(p.fd)
}
