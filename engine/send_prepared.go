package engine

import "github.com/sockeye-ws/sockeye/codec"

// SendPrepared sends a message that was encoded before; see [Conn.Send]. It
// saves work where many connections get the same message; so a text's UTF-8 is
// not checked again each time, and it is compressed once for all connections
// whose windows are of the same size.
func (c *Conn) SendPrepared(m *codec.Prepared) error {
	if !isMessage(m.Opcode()) {
		return ErrNotMessage
	}
	c.conn.Lock()
	if c.profile.client {
		c.conn.Unlock()
		return c.Send(m.Opcode(), m.Payload())
	}
	defer c.conn.Unlock()
	err := c.admitLocked(true, "")
	if err != nil && err != ErrOlderDropped {
		return err
	}
	c.countSentLocked()
	if b := c.outboxForPreparedLocked(m); b != nil {
		b.push(parcel{prepared: m})
		c.stowedLocked(b)
		return err
	}
	c.markLocked(c.preparedLocked(m), "")
	return err
}

// outboxForPreparedLocked gives the outbox for m, nil if it can be sent at
// once. What is compressed already is, however large.
func (c *Conn) outboxForPreparedLocked(m *codec.Prepared) *outbox {
	switch d := c.profile.deflation; {
	case d == nil:
		return nil
	case d.has(m):
		return c.outboxForLocked(0)
	}
	return c.outboxForLocked(len(m.Payload()))
}

// has tells that m is compressed, or will not be.
func (d *deflation) has(m *codec.Prepared) bool {
	return len(m.Payload()) < d.compressor.minSize || m.IsDeflated(d.compressor.level, d.bits)
}

// preparedLocked sends m, compressed if that was agreed on, and gives the bytes
// that this takes.
func (c *Conn) preparedLocked(m *codec.Prepared) (size int) {
	if d := c.profile.deflation; d != nil && len(m.Payload()) >= d.compressor.minSize {
		plain := m
		if m = m.Deflated(d.compressor.level, d.bits); m != plain {
			d.sent.Add(plain.Payload())
		}
	}
	c.conn.SendLocked(m.Frame())
	return len(m.Frame())
}

// unprepared tells that the first message in b is not compressed yet, and too
// large for that to be done on the loop.
func (b *outbox) unprepared(d *deflation) bool {
	return !b.empty() && b.parcels[0].prepared != nil && !d.has(b.parcels[0].prepared)
}

// preparing is a message that is being compressed, in one way.
type preparing struct {
	message     *codec.Prepared
	level, bits int
}

// prepareLocked has the first message in c's outbox compressed off the loop,
// once for all connections that wait for it, and then sent.
func (s *sessions) prepareLocked(c *Conn, b *outbox) {
	if b.preparing {
		return
	}
	b.preparing = true
	d := c.profile.deflation
	p := preparing{b.parcels[0].prepared, d.compressor.level, d.bits}
	if s.preparing == nil {
		s.preparing = map[preparing][]*Conn{}
	}
	waiting := s.preparing[p]
	s.preparing[p] = append(waiting, c)
	if len(waiting) == 0 {
		s.deflaters.add(p, s)
	}
}

// prepared goes on with those that waited for p.
func (s *sessions) prepared(p preparing) {
	waiting := s.preparing[p]
	delete(s.preparing, p)
	for _, c := range waiting {
		c.conn.Lock()
		if b := c.outboxLocked(); b != nil {
			b.preparing = false
			s.postFragments(c, b)
		}
		c.conn.Unlock()
	}
}
