package engine

import "github.com/sockeye-ws/sockeye/pool"

// turnWork is how many bytes of messages are decoded before a connection's
// neighbours have their turn: of one read that was compressed there may come a
// thousand times as many.
const turnWork = 256 << 10

// inflatedAtOnce is how much a [codec.Decoder] inflates in one call, about.
const inflatedAtOnce = 64 << 10

// pace holds c, of which more has been read, if its neighbours have their turn
// after so much work, or if its peer must read first.
func (s *sessions) pace(c *Conn, work int) {
	switch {
	case work >= turnWork:
		s.yield(c)
	case c.conn.Blocked() && c.mustReadFirst():
		c.conn.Hold()
	}
}

// yield holds c until the next tick.
func (s *sessions) yield(c *Conn) {
	c.conn.Hold()
	s.loop.Post(func() { s.goOn(c) })
}

// keep keeps what was read but is not to be decoded yet.
func (rx *receiver) keep(b []byte) {
	if rx.rest == nil {
		rx.rest = pool.Get(len(b))
	}
	rx.rest = pool.Grow(rx.rest, len(b))
	rx.rest.B = append(rx.rest.B, b...)
}

// mustWait tells that c is not to be read from yet: its peer has sent too much,
// or has to read first, or its mailbox is full.
func (s *sessions) mustWait(c *Conn) bool {
	return s.paused(c) || c.mustReadFirst() || c.onWorkers() && s.mail.holds(c)
}

// goOn goes on with a connection that was held, if nothing else holds it: first
// with what was read before.
func (s *sessions) goOn(c *Conn) {
	if c.conn.Gone() || !c.conn.Held() || s.mustWait(c) {
		return
	}
	var rest *pool.Buffer
	if c.rx != nil {
		rest, c.rx.rest = c.rx.rest, nil
	}
	if rest == nil {
		s.readOn(c, nil)
		return
	}
	s.readOn(c, rest.B)
	pool.Put(rest)
}

// readOn goes on with a connection that was held: first with rest, which was
// read before.
func (s *sessions) readOn(c *Conn, rest []byte) {
	if c.conn.Gone() || c.conn.Finishing() {
		return
	}
	c.conn.Unhold()
	c.conn.Cork()
	defer c.conn.Uncork()
	defer s.recoverFrom(c)
	if t := c.profile.tls; t != nil {
		t.worked = 0
	}
	before := s.events
	s.feed(c, rest)
	if c.profile.metered() {
		s.count(c, s.events-before, 0) // the bytes have been
	}
	s.recordsOn(c)
	c.conn.ReadOn()
}
