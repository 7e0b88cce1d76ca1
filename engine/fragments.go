package engine

import "github.com/sockeye-ws/sockeye/codec"

// fragmentSize is how much of a message is compressed at a time, in bytes: what
// is larger goes out in fragments, one a tick, so that it does not keep the
// loop from its other connections.
const fragmentSize = 64 << 10

// stowLocked leaves a message to c's outbox, if it is too large to be
// compressed at once or has to wait behind such a one. If not, it is not ok.
func (c *Conn) stowLocked(op codec.Opcode, p []byte, key string) (ok bool) {
	b := c.outboxForLocked(len(p))
	if b == nil {
		return false
	}
	b.pushMessage(op, p, key)
	if c.congestedBy(b) {
		c.conn.Hold()
	}
	return true
}

// outboxForLocked gives the outbox for a message of so many bytes, nil if it
// need not go there.
func (c *Conn) outboxForLocked(size int) *outbox {
	b := c.outboxLocked()
	if b == nil && size > fragmentSize {
		s := c.sessions()
		b = s.outboxes.add(c)
		s.postFragments(c, b)
	}
	return b
}

// congestedBy tells that so much waits in c's outbox that its peer is not
// heard meanwhile.
func (c *Conn) congestedBy(b *outbox) bool {
	return b != nil && max(b.bytes, b.memory) > c.profile.maxBuffered/2
}

// congested is congestedBy for c's outbox, if it has one.
func (c *Conn) congested() bool {
	if c.profile.deflation == nil {
		return false
	}
	c.conn.Lock()
	defer c.conn.Unlock()
	return c.congestedBy(c.outboxLocked())
}

// sendFragments sends a piece of what is in c's outbox, and sees to it that the
// next one follows: in the next tick, or when the socket has room again.
func (s *sessions) sendFragments(c *Conn) {
	c.conn.Lock()
	b := c.outboxLocked()
	if b == nil {
		c.conn.Unlock()
		return
	}
	c.sendFragmentsLocked(b)
	over, ended := b.empty() || !c.conn.WritableLocked(), b.ended
	switch {
	case over:
		c.dropOutboxLocked()
	case b.unprepared(c.profile.deflation):
		s.prepareLocked(c, b)
	case !c.conn.Blocked():
		s.postFragments(c, b)
	}
	c.conn.Unlock()
	s.goOn(c)
	if over {
		s.outboxEmptied(c, ended)
	}
}

// postFragments makes sendFragments come in the next tick.
func (s *sessions) postFragments(c *Conn, b *outbox) {
	if b.posted {
		return
	}
	b.posted = true
	s.loop.Post(func() { s.sendNextFragments(c) })
}

// sendNextFragments is sendFragments when it comes as it was to.
func (s *sessions) sendNextFragments(c *Conn) {
	c.conn.Lock()
	if b := c.outboxLocked(); b != nil {
		b.posted = false
	}
	c.conn.Unlock()
	s.sendFragments(c)
}

// sendFragmentsLocked sends a piece of a message, or several small ones.
func (c *Conn) sendFragmentsLocked(b *outbox) {
	for room := fragmentSize; room > 0 && c.canSendFragmentsLocked(b); {
		p := &b.parcels[0]
		if p.prepared != nil {
			room -= c.preparedLocked(p.prepared)
			b.drop(0)
			continue
		}
		before, piece, last := b.take(fragmentSize)
		if last && len(before) == 0 {
			c.wholeLocked(p.op, piece)
		} else {
			c.fragmentLocked(p.op, before, piece, last)
		}
		if last {
			b.drop(0)
		}
		room -= max(len(piece), 1)
	}
}

// canSendFragmentsLocked tells that something in b can be sent now.
func (c *Conn) canSendFragmentsLocked(b *outbox) bool {
	return !b.empty() && !b.unprepared(c.profile.deflation) && !c.conn.Blocked() && c.conn.WritableLocked()
}

// outboxEmptied goes on with what had to wait for it.
func (s *sessions) outboxEmptied(c *Conn, ended bool) {
	if !c.conn.Blocked() {
		s.Drained(&c.conn)
	}
	if ended && !c.conn.Gone() {
		s.Ended(&c.conn)
	}
}

// dropOutboxLocked drops what is in c's outbox, if there is one. A Close frame
// that waits behind it is sent.
func (c *Conn) dropOutboxLocked() {
	b := c.outboxLocked()
	if b == nil {
		return
	}
	b.free()
	c.sessions().outboxes.remove(c)
	if b.closing {
		c.closeFrameLocked()
	}
}

// endBehindOutbox makes the end of c's stream come after what is in its outbox,
// if there is anything.
func (c *Conn) endBehindOutbox() bool {
	c.conn.Lock()
	defer c.conn.Unlock()
	b := c.outboxLocked()
	if b != nil {
		b.ended = true
	}
	return b != nil
}

// pressOutboxLocked sends what is in the outbox at once, as long as there is
// too much unsent and the socket takes it: whoever sends so much must not be
// taken for one whose peer does not read.
func (c *Conn) pressOutboxLocked(key string) {
	b := c.outboxLocked()
	for b != nil && c.canSendFragmentsLocked(b) && c.fullLocked(key) {
		c.sendFragmentsLocked(b)
	}
}
