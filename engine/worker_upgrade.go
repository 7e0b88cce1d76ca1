package engine

import (
	"net/http"

	"github.com/sockeye-ws/sockeye/handshake"
)

// passUpgrade leaves the decision on a whole request, of which b are the bytes
// and perhaps some of the frames behind it, to the workers. Until the decision
// nothing more is read; the deadline of the handshake goes on.
func (s *sessions) passUpgrade(c *Conn, b []byte) {
	s.wait(c, b)
	s.discharge(c.rx)
	o := c.rx.opening
	c.rx = nil // the workers' now
	// It was found whole already: this makes it refer to its own bytes, as the
	// loop's are others' soon.
	o.length, _ = o.request.Parse(o.head.B, c.profile.head)
	c.conn.Hold()
	s.mail.pass(c, o)
}

// pass brings c's request, to be decided on.
func (m *mail) pass(c *Conn, o *opening) {
	m.mu.Lock()
	b := m.boxLocked(c)
	b.opening = o
	wake := m.pushLocked(b, letter{call: callUpgrade, opening: o})
	m.mu.Unlock()
	if wake {
		m.workers.ready(b)
	}
}

// decide asks the hooks, on a worker; the loop does the rest. A hook that does
// not return, but panics, has refused.
func (s *sessions) decide(c *Conn, o *opening) {
	var accept Accept
	var err error = handshake.Reject(http.StatusInternalServerError, "")
	defer func() {
		if !s.loop.Post(func() { s.decided(c, o, accept, err) }) {
			s.mail.decided(c)
		}
	}()
	if !c.conn.Gone() { // it may have waited too long for a worker
		accept, err = c.decide(&o.request)
	}
}

func (c *Conn) reachable() bool {
	c.conn.Lock()
	defer c.conn.Unlock()
	return c.conn.WritableLocked()
}

// decided answers the request, unless the connection has ended meanwhile.
func (s *sessions) decided(c *Conn, o *opening, accept Accept, err error) {
	defer s.mail.decided(c)
	if c.State() != Connecting || c.conn.Gone() {
		return
	}
	if err == nil {
		err = c.accept(&o.request, accept)
	}
	switch {
	case err != nil:
		s.refuse(c, err)
	case !c.reachable():
		c.conn.Abort() // before it is open: nobody is told
	default:
		s.open(c)
		s.tellOpen(c)
		s.readOn(c, o.head.B[o.length:])
	}
}

// decided is the end of c's request.
func (m *mail) decided(c *Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.boxes[c]
	m.put(b.opening.head)
	b.opening.head, b.opening = nil, nil
	m.retireLocked(b)
}

// withdrawLocked drops a request that no worker has yet.
func (m *mail) withdrawLocked(b *mailbox) {
	if b.opening != nil && b.waiting() > 0 {
		l := b.pop()
		m.put(l.opening.head)
		l.opening.head, b.opening = nil, nil
	}
}
