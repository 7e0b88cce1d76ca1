package engine

import "github.com/sockeye-ws/sockeye/codec"

// SendLatest sends a message as [Conn.Send] does, that makes those sent before
// with the same key worthless: a price of the same share, a position of the
// same player. As long as the peer does not take them, only the latest of each
// key waits; those it replaces are counted in [Stats].Replaced. So a slow
// reader gets fewer messages, but never old ones, and needs memory for its
// keys alone. The latest is sent after what was sent before it with other keys.
// If it is refused, with the same errors, it replaces nothing.
//
// Each call takes time in proportion to what is unsent; key is kept as long as
// the message is.
func (c *Conn) SendLatest(key string, op codec.Opcode, p []byte) error {
	if key == "" {
		return ErrNoKey
	}
	if err := checkMessage(op, p); err != nil {
		return err
	}
	c.conn.Lock()
	defer c.conn.Unlock()
	err := c.admitLocked(true, key)
	if err != nil && err != ErrOlderDropped {
		return err
	}
	n := c.conn.DropKeyLocked(key)
	if b := c.outboxLocked(); b != nil {
		n += b.dropKey(key)
	}
	if n > 0 {
		c.sessions().stats.replaced.Add(uint64(n))
	}
	c.markLocked(c.messageLocked(op, p, key), key)
	return err
}
