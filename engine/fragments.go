package engine

import "github.com/sockeye-ws/sockeye/codec"

// fragmentSize is how much of a message is compressed at a time, in bytes: what
// is larger goes out in fragments, one a turn, so that it does not keep the loop
// from its other connections.
const fragmentSize = 64 << 10

// stowLocked leaves a message to c's outbox, if it is too large to be
// compressed at once or has to wait behind such a one. If not, it is not ok.
func (c *Conn) stowLocked(op codec.Opcode, p []byte, key string) (ok bool) {
	b := c.outboxForLocked(len(p))
	if b == nil {
		return false
	}
	b.pushMessage(op, p, key)
	c.stowedLocked(b)
	return true
}

// outboxForLocked gives the outbox for a message of so many bytes, nil if it
// need not go there.
func (c *Conn) outboxForLocked(size int) *outbox {
	b := c.outboxLocked()
	if b == nil && size > fragmentSize && size >= c.profile.deflation.compressor.minSize {
		s := c.sessions()
		b = s.outboxes.add(c)
		s.postFragments(c, b)
	}
	return b
}

// stowedLocked sees to it that what was put into b does not become too much.
func (c *Conn) stowedLocked(b *outbox) {
	if c.congestedBy(b) {
		c.conn.Hold()
	}
	if c.conn.Blocked() {
		c.conn.Loop().Stir() // it may sleep, and should look at the memory
	}
}

// congestedBy tells that so much waits in c's outbox that its peer is not
// heard meanwhile.
func (c *Conn) congestedBy(b *outbox) bool {
	return b != nil && max(b.unsent, b.memory) > c.profile.maxBuffered/2
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

// postFragments makes sendFragments come in c's next turn.
func (s *sessions) postFragments(c *Conn, b *outbox) {
	if !b.posted {
		b.posted = true
		s.loop.Post(c.conn.Yield)
	}
}

// fragmentsWait tells that something waits in c's outbox, and makes it come in
// c's next turn.
func (s *sessions) fragmentsWait(c *Conn) bool {
	if c.profile.deflation == nil {
		return false
	}
	c.conn.Lock()
	defer c.conn.Unlock()
	b := c.outboxLocked()
	if b != nil {
		s.postFragments(c, b)
	}
	return b != nil
}

// fragmentsDue tells that the turn which comes was asked for by postFragments.
func (c *Conn) fragmentsDue() (due bool) {
	if c.profile.deflation == nil {
		return false
	}
	c.conn.Lock()
	defer c.conn.Unlock()
	if b := c.outboxLocked(); b != nil {
		due, b.posted = b.posted, false
	}
	return due
}

// sendFragments sends a piece of what is in c's outbox, and sees to it that the
// next one follows: in c's next turn, which may have to wait until the socket has
// room again.
func (s *sessions) sendFragments(c *Conn) {
	over, ended := s.sendPiece(c)
	s.goOn(c)
	if over && !c.conn.Blocked() {
		s.Drained(&c.conn)
	}
	if ended && !c.conn.Gone() {
		s.Ended(&c.conn)
	}
}

// sendPiece tells that c's outbox is used up, and whether its peer's stream had
// ended before.
func (s *sessions) sendPiece(c *Conn) (over, ended bool) {
	c.conn.Cork()
	defer c.conn.Uncork()
	c.conn.Lock()
	defer c.conn.Unlock()
	b := c.outboxLocked()
	if b == nil {
		return false, false
	}
	c.sendFragmentsLocked(b)
	switch {
	case b.empty() || !c.conn.WritableLocked():
		ended, b.ended = b.ended, false
		c.dropOutboxLocked()
		return true, ended
	case b.unprepared(c.profile.deflation):
		s.prepareLocked(c, b)
	case !c.conn.Blocked():
		s.postFragments(c, b)
	}
	return false, false
}

// sendFragmentsLocked sends a piece of a message, or several small ones.
func (c *Conn) sendFragmentsLocked(b *outbox) {
	for room := fragmentSize; room > 0 && c.canSendLocked(b) && !b.unprepared(c.profile.deflation); {
		p := &b.parcels[0]
		if p.prepared != nil || p.sent == 0 && len(p.payload.B) < c.profile.deflation.compressor.minSize {
			room -= c.sendParcelLocked(b, false)
			continue
		}
		before, piece, last := b.take(fragmentSize)
		room -= parcelCost + len(piece)
		if last && len(before) == 0 {
			c.markLocked(c.wholeLocked(p.op, piece, p.key), p.key)
		} else {
			c.fragmentLocked(p.op, before, piece, last)
		}
		if last {
			b.drop(0)
		}
	}
}

// canSendLocked tells that what is in b may be sent now.
func (c *Conn) canSendLocked(b *outbox) bool {
	return !b.empty() && !c.conn.Blocked() && c.conn.WritableLocked()
}

// sendParcelLocked sends what is left of the first message in b, as it is or,
// if that is prepared and plain is not set, compressed. It gives what that
// counts for.
func (c *Conn) sendParcelLocked(b *outbox, plain bool) (size int) {
	p := &b.parcels[0]
	size = p.unsent()
	switch {
	case p.prepared != nil && plain:
		c.markLocked(c.frameLocked(codec.Header{Fin: true, OpCode: p.prepared.Opcode()}, p.prepared.Payload()), p.key)
	case p.prepared != nil:
		c.markLocked(c.preparedLocked(p.prepared), p.key)
	case p.sent > 0:
		c.storedLocked(p.payload.B[p.sent:])
	default:
		c.markLocked(c.frameLocked(codec.Header{Fin: true, OpCode: p.op}, p.payload.B), p.key)
	}
	b.drop(0)
	return size
}

// pressOutboxLocked sends what is in the outbox without compressing it, as long
// as there is too much unsent and the socket takes it: it is not the peer that
// is late then. It takes no longer than to send as much without compression.
func (c *Conn) pressOutboxLocked(key string) {
	b := c.outboxLocked()
	for b != nil && c.canSendLocked(b) && c.fullLocked(key) {
		c.sendParcelLocked(b, true)
	}
}

// flushOutboxLocked leaves what is in c's outbox to its socket, without
// compressing it: the connection ends.
func (c *Conn) flushOutboxLocked() {
	b := c.outboxLocked()
	for b != nil && !b.empty() && c.conn.WritableLocked() {
		c.sendParcelLocked(b, true)
	}
	c.dropOutboxLocked()
}

// dropOutboxLocked drops what is in c's outbox, if there is one. A Close frame
// that waits behind it is sent; what else has waited goes on.
func (c *Conn) dropOutboxLocked() {
	b := c.outboxLocked()
	if b == nil {
		return
	}
	b.free()
	s := c.sessions()
	s.outboxes.remove(c)
	if b.closing {
		c.closeFrameLocked()
	}
	if !c.conn.Gone() {
		ended := b.ended
		s.loop.Post(func() { s.outboxDropped(c, ended) })
	}
}

// outboxDropped goes on with a connection that was held for its outbox, or whose
// stream had ended.
func (s *sessions) outboxDropped(c *Conn, ended bool) {
	s.goOn(c)
	if ended && !c.conn.Gone() {
		s.Ended(&c.conn)
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
