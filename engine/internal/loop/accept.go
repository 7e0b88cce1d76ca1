package loop

import (
	"slices"
	"syscall"
	"time"
)

const (
	acceptBatch = 8
	minBackoff  = 10 * time.Millisecond
	maxBackoff  = time.Second
)

// Listener is a listening socket of a loop.
type Listener struct {
	// FD is the socket, non-blocking. The loop closes it.
	FD int

	// Deal chooses the loop for each connection. Nil: the listener's own.
	Deal func() *Loop

	// Accepted takes a new connection, on the goroutine of its loop. Nil:
	// [Events.Accepted].
	Accepted func(l *Loop, fd int)

	handle  Handle
	resume  int64 // the time at which accepting goes on; 0 if not paused
	backoff time.Duration
}

// Listen adds a listener.
func (l *Loop) Listen(ls *Listener) Errno {
	ls.handle = Handle{Slot: wakeSlot - 1 - int32(len(l.listeners))}
	if e := l.poller.Add(ls.FD, ls.handle, Readable); e != 0 {
		return e
	}
	l.listeners = append(l.listeners, ls)
	return 0
}

// CloseListeners stops accepting for good.
func (l *Loop) CloseListeners() {
	for _, ls := range l.listeners {
		if ls != nil {
			l.CloseListener(ls)
		}
	}
}

// CloseListener stops accepting from one. It is removed from the poller first,
// as other processes may have the socket as well: then closing our descriptor
// does not end its registration.
func (l *Loop) CloseListener(ls *Listener) {
	if i := slices.Index(l.listeners, ls); i >= 0 {
		l.poller.Remove(ls.FD)
		l.sys.Close(ls.FD)
		l.listeners[i] = nil
	}
}

func (l *Loop) listener(slot int32) *Listener {
	if i := int(wakeSlot - 1 - slot); i < len(l.listeners) {
		return l.listeners[i]
	}
	return nil
}

func (l *Loop) accept(ls *Listener) {
	for range acceptBatch {
		fd, e := l.sys.Accept(ls.FD)
		switch {
		case e == 0:
			ls.backoff = 0
			l.welcome(ls, fd)
		case e == syscall.EINTR || e == syscall.ECONNABORTED || e == syscall.EPROTO:
			// That one went away while it waited.
		case e == syscall.EAGAIN:
			return
		case exhausted(e):
			l.shed(ls)
			return
		default:
			l.pause(ls) // a listener that broke must not keep the loop busy
			return
		}
		if l.listener(ls.handle.Slot) == nil {
			return // Accepted has closed it
		}
	}
}

func (l *Loop) welcome(ls *Listener, fd int) {
	l.Stats.Accepted.Add(1)
	to := l
	if ls.Deal != nil {
		to = ls.Deal()
	}
	if to == l {
		ls.accepted(l, fd)
		return
	}
	if !to.Post(func() { ls.accepted(to, fd) }) {
		l.sys.Close(fd)
	}
}

func (ls *Listener) accepted(l *Loop, fd int) {
	if ls.Accepted != nil {
		ls.Accepted(l, fd)
		return
	}
	l.events.Accepted(fd)
}

// shed ends the next connection with the spare descriptor, so that its peer
// learns at once, and pauses accepting: the others wait in the kernel's queue.
func (l *Loop) shed(ls *Listener) {
	if l.spare >= 0 {
		l.sys.Close(l.spare)
		if fd, e := l.sys.Accept(ls.FD); e == 0 {
			l.TurnAway(fd)
		}
		l.spare = -1
	}
	l.openSpare()
	l.pause(ls)
}

// TurnAway ends a connection that was not added, at once. Its stream ends
// first, as closing it alone would reset it if the peer has sent anything.
func (l *Loop) TurnAway(fd int) {
	l.sys.CloseWrite(fd)
	l.sys.Close(fd)
	l.Stats.Shed.Add(1)
}

func (l *Loop) openSpare() {
	if fd, e := l.sys.Spare(); e == 0 {
		l.spare = fd
	}
}

// pause stops accepting for a while, longer each time until one is accepted.
// It removes the listener, as an empty interest would still report hang-ups.
func (l *Loop) pause(ls *Listener) {
	ls.backoff = min(max(2*ls.backoff, minBackoff), maxBackoff)
	ls.resume = l.now + int64(ls.backoff)
	l.poller.Remove(ls.FD)
}

// resumeListeners goes on accepting where the pause is over.
func (l *Loop) resumeListeners() {
	for _, ls := range l.listeners {
		if ls != nil && ls.resume != 0 && ls.resume <= l.now {
			ls.resume = 0
			if l.spare < 0 {
				l.openSpare()
			}
			if e := l.poller.Add(ls.FD, ls.handle, Readable); e != 0 {
				l.pause(ls)
			}
		}
	}
}
