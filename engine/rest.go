package engine

import (
	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/pool"
)

// A connection's turn is over after so much work, which is counted in bytes: one
// read can bring ten thousand frames, or be compressed and bring a thousand times
// as many bytes. The others are what work counts for that takes its time
// whatever the number of bytes: about as many as a processor copies meanwhile.
const (
	turnWork     = 96 << 10
	eventWork    = 64      // a message or control frame, with its handler
	headerWork   = 16      // a byte of frames' headers
	deflatedWork = 1 << 10 // an event that may be compressed
	inflatedWork = 4       // a byte that came of that
	recordWork   = 512     // a record of TLS
)

// A tick is crowded once this many turns' work was done in it. Those that come
// then have only a part of a turn, as others wait behind them.
const (
	crowd       = 8
	crowdedPart = 8
)

// beginTurn is called before a connection goes on.
func (s *sessions) beginTurn() {
	s.before += s.worked
	s.worked = 0
}

// endTick forgets what was done in a tick.
func (s *sessions) endTick() { s.before, s.worked = 0, 0 }

func (s *sessions) crowded() bool { return s.before >= crowd*s.share }

// turn gives the work after which a turn is over.
func (s *sessions) turn() int {
	if s.crowded() {
		return s.share / crowdedPart
	}
	return s.share
}

// work gives how much it counts that d has decoded n bytes to an event with so
// many bytes of payload, or if op is 0 to none. If there is more to decode then,
// it has returned for others to have their turn.
func (p *profile) work(d *codec.Decoder, op codec.Opcode, n, payload int, more bool) int {
	switch {
	case op == 0 && more:
		return turnWork
	case op == 0:
		return n + inflatedWork*d.Inflated()
	case p.deflation != nil:
		return deflatedWork + inflatedWork*max(n, payload)
	}
	return eventWork + max(n, payload) + headerWork*max(n-payload, 0)
}

// pace ends the turn of c if it has worked enough, and holds it if there is more
// to decode then, or if its peer must read before that.
func (s *sessions) pace(c *Conn, more bool) {
	over := s.worked >= s.turn()
	if over {
		c.conn.Yield()
	}
	if more && (over || c.conn.Blocked() && c.mustReadFirst()) {
		c.conn.Hold()
	}
}

// waits ends the turn of c before it has begun if the tick is crowded, and c in
// the middle of a message that takes its time: it is large, or what was inflated
// of it last was all of a turn.
func (s *sessions) waits(c *Conn) bool {
	if !s.crowded() || c.rx == nil || max(c.rx.decoder.Held(), c.rx.decoder.Inflated()) < minDirect {
		return false
	}
	c.conn.Yield()
	return true
}

// Turn goes on with a connection whose turn was over before all was done: a whole
// turn, as the loop gives no more of them than there is time for.
func (s *sessions) Turn(lc *loop.Conn) (went bool) {
	s.endTick()
	c := connOf(lc)
	if c.fragmentsDue() {
		s.sendFragments(c)
		return true
	}
	return s.goOn(c)
}

// keep keeps what was read but is not to be decoded yet.
func (rx *receiver) keep(b []byte) {
	if rx.rest == nil {
		rx.rest = pool.Get(len(b))
	}
	rx.rest = pool.Grow(rx.rest, len(b))
	rx.rest.B = append(rx.rest.B, b...)
}

// mustWait tells that c is not to be read from yet: its turn is to come, its peer
// has sent too much or has to read first, its mailbox is full, or net/http gets it.
func (s *sessions) mustWait(c *Conn) bool {
	return c.conn.Yielded() || State(c.conn.State()) == passedOn ||
		s.paused(c) || c.mustReadFirst() || c.onWorkers() && s.mail.holds(c)
}

// goOn goes on with a connection that was held, if nothing else holds it: first
// with what was read before. It tells whether it did.
func (s *sessions) goOn(c *Conn) bool {
	if c.conn.Gone() || !c.conn.Held() || s.mustWait(c) {
		return false
	}
	var rest *pool.Buffer
	if c.rx != nil {
		rest, c.rx.rest = c.rx.rest, nil
	}
	if rest == nil {
		s.readOn(c, nil)
		return true
	}
	s.readOn(c, rest.B)
	pool.Put(rest)
	return true
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
	s.beginTurn()
	if len(rest) > 0 {
		before := s.events
		s.feed(c, rest)
		if c.profile.metered() {
			s.count(c, s.events-before, 0) // the bytes have been
		}
	}
	s.recordsOn(c)
	c.conn.ReadOn()
}
