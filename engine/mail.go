package engine

import (
	"sync"
	"sync/atomic"
)

// maxSpareBoxes is how many mailboxes a loop keeps for reuse.
const maxSpareBoxes = 64

// mail brings the calls of a loop's connections to the workers. The loop puts
// letters in, workers take them out; the lock guards all mailboxes and is never
// held while a handler runs.
type mail struct {
	workers *workers // nil: handlers run on the loop

	held atomic.Int64 // bytes of memory that wait for handlers or are with them

	mu     sync.Mutex
	boxes  map[*Conn]*mailbox
	spares []*mailbox
}

// onWorkers tells that c's handler runs on workers.
func (c *Conn) onWorkers() bool { return c.profile.workers > 0 }

// send puts l in c's mailbox, and tells whether that is full now.
func (m *mail) send(c *Conn, l letter) (full bool) {
	m.mu.Lock()
	b := m.boxLocked(c)
	wake := m.pushLocked(b, l)
	full = b.held
	m.mu.Unlock()
	if wake {
		m.workers.ready(b)
	}
	return full
}

// depart is the end of c. Its place is given back with its mailbox, once the
// calls that wait are made, and OnClose as the last if it was open.
func (m *mail) depart(c *Conn, addr *address, opened bool) {
	m.mu.Lock()
	b := m.boxLocked(c)
	b.gone, b.addr, b.ended = true, addr, false
	wake := opened && m.pushLocked(b, letter{call: callClose})
	if !opened {
		m.withdrawLocked(b)
		m.retireLocked(b)
	}
	m.mu.Unlock()
	if wake {
		m.workers.ready(b)
	}
}

// pushLocked puts l in b, and tells whether b is to be made ready.
func (m *mail) pushLocked(b *mailbox, l letter) (wake bool) {
	if l.call == callDrain && b.draining {
		return false
	}
	b.push(l)
	m.held.Add(int64(l.memory()))
	b.draining = b.draining || l.call == callDrain
	b.held = b.held || l.payload != nil && b.full(b.conn.profile.mailbox)
	wake = !b.active && (!b.parked || l.call == callClose)
	if wake {
		b.active, b.parked = true, false
	}
	return wake
}

func (m *mail) boxLocked(c *Conn) *mailbox {
	b := m.boxes[c]
	if b != nil {
		return b
	}
	if last := len(m.spares) - 1; last >= 0 {
		b, m.spares = m.spares[last], m.spares[:last]
	} else {
		b = new(mailbox)
	}
	if m.boxes == nil {
		m.boxes = map[*Conn]*mailbox{}
	}
	b.conn, m.boxes[c] = c, b
	return b
}

// retireLocked takes a mailbox away that is not needed any more.
func (m *mail) retireLocked(b *mailbox) {
	if !b.unused() {
		return
	}
	delete(m.boxes, b.conn)
	if b.gone {
		b.conn.leave(b.addr)
	}
	if len(m.spares) < maxSpareBoxes {
		*b = mailbox{letters: b.letters[:0]}
		m.spares = append(m.spares, b)
	}
}

// deliver makes up to n calls of b, and tells whether more may be waiting.
func (m *mail) deliver(b *mailbox, n int) (more bool) {
	c := b.conn
	defer c.conn.Ungather()
	for range n {
		l, last, ok := m.take(b)
		switch {
		case !ok:
			return false
		case last:
			c.conn.Ungather() // its reply takes the others along
		default:
			c.conn.Gather()
		}
		c.sessions().call(c, l)
	}
	return true
}

// take takes the next letter out of b, for now the last one perhaps. If it
// gives none, b is not with its worker any more.
func (m *mail) take(b *mailbox) (l letter, last, ok bool) {
	m.mu.Lock()
	c := b.conn
	var then func(*sessions, *Conn) // what the loop is to do
	switch {
	case b.waiting() == 0:
		b.active = false
		if b.ended {
			b.ended, then = false, (*sessions).endStream
		}
		m.retireLocked(b)
	case c.mustReadFirst():
		b.active, b.parked = false, true
	default:
		l, ok = b.pop(), true
		b.draining = b.draining && l.call != callDrain
		if b.held && !b.resuming && b.roomy(c.profile.mailbox) {
			b.resuming, then = true, (*sessions).resume
		}
	}
	last = b.waiting() == 0
	m.mu.Unlock()
	if then != nil {
		s := c.sessions()
		s.loop.Post(func() { then(s, c) })
	}
	return l, last, ok
}

// holds tells that c is not read from because its mailbox has been full, or its
// upgrade is not decided yet.
func (m *mail) holds(c *Conn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.boxes[c]
	return b != nil && (b.held || b.opening != nil)
}

// unpark lets c's calls go on, if they wait for its peer to read.
func (m *mail) unpark(c *Conn) {
	m.mu.Lock()
	b := m.boxes[c]
	parked := b != nil && b.parked
	if parked {
		b.active, b.parked = true, false
	}
	m.mu.Unlock()
	if parked {
		m.workers.ready(b)
	}
}

// unhold is the end of holding c because its mailbox was full.
func (m *mail) unhold(c *Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.boxes[c]
	if b == nil || !b.held {
		return
	}
	b.held, b.resuming = false, false
	m.retireLocked(b)
}

// endLater makes the end of c's stream come after the calls that wait, if
// there are any.
func (m *mail) endLater(c *Conn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.boxes[c]
	if b != nil {
		b.ended = true
	}
	return b != nil
}
