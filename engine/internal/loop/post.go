package loop

import "syscall"

const errTimeout = syscall.ETIMEDOUT

// Post makes f run on the loop's goroutine, after everything posted before.
// It may be called from any goroutine; false means that the loop has stopped
// and f will not run.
func (l *Loop) Post(f func()) bool {
	l.mu.Lock()
	if l.stopped {
		l.mu.Unlock()
		return false
	}
	l.posted = append(l.posted, f)
	l.pending.Add(1)
	l.mu.Unlock()
	l.wake()
	return true
}

// Stop ends [Loop.Run] after all that was posted before. It may be called
// from any goroutine.
func (l *Loop) Stop() {
	l.Post(func() { l.stopping = true })
}

func (l *Loop) attend(c *Conn) {
	l.mu.Lock()
	l.attended = append(l.attended, c)
	l.pending.Add(1)
	l.mu.Unlock()
	l.wake()
}

// Stir makes a tick come soon, for [Events.Ticked]. It may be called from any
// goroutine.
func (l *Loop) Stir() {
	l.pending.Add(1)
	l.wake()
}

// wake ends the wait for events, if there is one: a loop that is busy looks
// at what is pending before it waits.
func (l *Loop) wake() {
	if l.waiting.Load() {
		l.poller.Wake()
	}
}

// runPending runs what was posted so far; what is posted meanwhile waits for
// the next tick.
func (l *Loop) runPending() {
	if l.pending.Load() == 0 {
		return
	}
	l.mu.Lock()
	posted, attended := l.posted, l.attended
	l.posted, l.attended = nil, nil
	l.pending.Store(0)
	l.mu.Unlock()
	for _, f := range posted {
		f()
	}
	for _, c := range attended {
		l.attendTo(c)
	}
}

func (l *Loop) attendTo(c *Conn) {
	c.mu.Lock()
	c.clearLocked(attending)
	c.FlushLocked() // what was gathered
	flags := c.word.Load()
	if flags&blocked != 0 && c.out != nil {
		c.out.moved = l.tick
	}
	c.mu.Unlock()
	switch {
	case flags&closed != 0:
	case flags&broken != 0:
		l.failed(c)
	default:
		l.events.Attended(c)
	}
}
