package engine

import "github.com/sockeye-ws/sockeye/codec"

// SendPolicy says what happens to a message for a connection whose unsent
// bytes exceed the limit. See [Conn.SendLatest] for messages of which only the
// latest counts.
type SendPolicy uint8

const (
	// CloseSlow closes the connection with 1008: nothing is lost unnoticed.
	// The sender gets [ErrBufferFull].
	CloseSlow SendPolicy = iota

	// DropNewest drops the message and counts it in [Stats].Dropped. The
	// sender gets [ErrBufferFull].
	DropNewest

	// DropOldest drops unsent messages, the oldest first, until a quarter of
	// the limit is free, and counts them in [Stats].DroppedOlder. The sender
	// gets [ErrOlderDropped]. A message that is partly sent cannot be dropped:
	// if that alone is too much, the new one is, as with DropNewest.
	DropOldest
)

// openLocked tells whether anything can be sent at all.
func (c *Conn) openLocked() error {
	if !c.conn.SendableLocked(uint8(Open)) {
		return ErrClosed
	}
	return nil
}

// admitLocked tells whether c takes another frame to send, in place of those
// with key, if that is not empty. If it does not, and what is refused is a
// message, the send policy decides what follows; ErrOlderDropped means that it
// is taken at the cost of others.
func (c *Conn) admitLocked(message bool, key string) error {
	if err := c.openLocked(); err != nil {
		return err
	}
	if !c.fullLocked(key) {
		return nil
	}
	c.conn.FlushLocked()
	if c.pressOutboxLocked(key); !c.fullLocked(key) {
		return c.openLocked()
	}
	if !message {
		return ErrBufferFull
	}
	return c.overflowLocked(key)
}

// overflowLocked follows the send policy. DropOldest frees a quarter at once, as
// what is left has to be moved.
func (c *Conn) overflowLocked(key string) error {
	stats := &c.sessions().stats
	if c.profile.sendPolicy == DropOldest {
		n := c.conn.DropOldestLocked(c.profile.maxBuffered / 4 * 3)
		if b := c.outboxLocked(); b != nil {
			n += b.dropWhile(func() bool { return c.conn.HeldLocked()+b.unsent > c.profile.maxBuffered/4*3 })
		}
		stats.droppedOlder.Add(uint64(n))
		if !c.fullLocked(key) {
			return ErrOlderDropped
		}
	}
	stats.dropped.Add(1)
	if c.profile.sendPolicy == CloseSlow {
		c.conn.MuteLocked()
		c.closeLocked(&CloseError{Code: codec.ClosePolicyViolation, Reason: "reads too slowly", Err: ErrBufferFull})
	}
	return ErrBufferFull
}

// fullLocked tells that too much is unsent, besides what has key. Replies,
// which are what is sent while the handler is called for what came, have some
// more room, of the largest message: while more than half of the limit is
// unsent nothing is read, so that a peer that only reads its answers late is
// never closed for it.
func (c *Conn) fullLocked(key string) bool {
	held := c.conn.HeldLocked()
	b := c.outboxLocked()
	if b != nil {
		held += b.unsent
	}
	over := held - c.profile.maxBuffered
	if over <= 0 {
		return false // nearly always
	}
	room := 0
	if c.conn.CorkedLocked() || c.conn.Handling() {
		room = c.profile.codec.MaxMessage
	}
	if b != nil && key != "" {
		over -= b.unsentByKey(key)
	}
	return over > room && over-c.conn.HeldByKeyLocked(key) > room
}
