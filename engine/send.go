package engine

import (
	"encoding/binary"
	"math/rand/v2"
	"unicode/utf8"
	"unsafe"

	"github.com/sockeye-ws/sockeye/codec"
)

// largeSend is the payload size from which a server's message goes to the
// system without being copied behind its header first.
const largeSend = 4 << 10

// Send sends a message: text, which must be valid UTF-8, or binary. It does
// not block, and does not keep p: the bytes are sent or copied before it
// returns. Messages arrive whole and in the order of their Sends.
//
// nil means that the message is on its way, not that it has arrived. The error
// is [ErrClosed], [ErrBufferFull] or a *[MisuseError].
func (c *Conn) Send(op codec.Opcode, p []byte) error {
	switch {
	case op == codec.Text && !utf8.Valid(p):
		return ErrInvalidUTF8
	case !isMessage(op):
		return ErrNotMessage
	}
	c.conn.Lock()
	defer c.conn.Unlock()
	if err := c.admitLocked(true); err != nil {
		return err
	}
	c.countSentLocked()
	if len(p) >= largeSend && !c.profile.client {
		h := codec.Header{Fin: true, OpCode: op, Length: int64(len(p))}
		c.conn.CommitLocked(codec.AppendHeader(c.conn.RoomLocked(codec.MaxHeaderSize), h), p)
		return nil
	}
	c.frameLocked(op, p)
	return nil
}

func isMessage(op codec.Opcode) bool { return op == codec.Text || op == codec.Binary }

// SendText sends a text message; see [Conn.Send].
func (c *Conn) SendText(s string) error {
	return c.Send(codec.Text, unsafe.Slice(unsafe.StringData(s), len(s)))
}

// SendPrepared sends a message that was encoded before; see [Conn.Send]. It
// saves work where many connections get the same message; so a text's UTF-8 is
// not checked again each time.
func (c *Conn) SendPrepared(m *codec.Prepared) error {
	switch {
	case c.profile.client:
		return c.Send(m.Opcode(), m.Payload())
	case !isMessage(m.Opcode()):
		return ErrNotMessage
	}
	c.conn.Lock()
	defer c.conn.Unlock()
	if err := c.admitLocked(true); err != nil {
		return err
	}
	c.countSentLocked()
	c.conn.SendLocked(m.Frame())
	return nil
}

// Ping sends a ping with up to 125 bytes, which the peer returns in a pong:
// see [Ponger]. The engine itself pings silent peers; see Options.IdleTimeout.
func (c *Conn) Ping(p []byte) error {
	if len(p) > 125 {
		return ErrControlTooLong
	}
	c.conn.Lock()
	defer c.conn.Unlock()
	if err := c.admitLocked(false); err != nil {
		return err
	}
	c.frameLocked(codec.Ping, p)
	return nil
}

// pong answers a ping. While the socket is full only the latest pong waits:
// RFC 6455 section 5.5.3 allows it, and a flood of pings must not cost memory.
func (c *Conn) pong(payload []byte) {
	c.conn.Lock()
	defer c.conn.Unlock()
	if c.openLocked() != nil {
		return
	}
	if c.conn.Blocked() {
		var b [codec.MaxHeaderSize + 125]byte
		c.conn.SetLatestLocked(c.appendFrame(b[:0], codec.Pong, payload))
		return
	}
	c.frameLocked(codec.Pong, payload)
}

// frameLocked sends a frame.
func (c *Conn) frameLocked(op codec.Opcode, p []byte) {
	b := c.conn.RoomLocked(codec.MaxHeaderSize + len(p))
	c.conn.CommitLocked(c.appendFrame(b, op, p), nil)
}

func (c *Conn) appendFrame(b []byte, op codec.Opcode, p []byte) []byte {
	if c.profile.client {
		return codec.AppendMaskedFrame(b, op, p, newMask())
	}
	return codec.AppendFrame(b, op, p)
}

// newMask is unpredictable, as RFC 6455 section 10.3 demands: the source is
// the runtime's ChaCha8.
func newMask() (mask [4]byte) {
	binary.NativeEndian.PutUint32(mask[:], rand.Uint32())
	return mask
}

func (c *Conn) openLocked() error {
	if !c.conn.SendableLocked(uint8(Open)) {
		return ErrClosed
	}
	return nil
}

// admitLocked tells whether c takes another frame to send. If it does not, and
// what is refused is a message, the send policy decides what follows.
func (c *Conn) admitLocked(message bool) error {
	if err := c.openLocked(); err != nil {
		return err
	}
	if !c.fullLocked() {
		return nil
	}
	if c.conn.FlushLocked(); !c.fullLocked() {
		return c.openLocked()
	}
	if message {
		c.sessions().stats.dropped.Add(1)
		if c.profile.sendPolicy == CloseSlow {
			c.conn.MuteLocked()
			c.closeLocked(&CloseError{Code: codec.ClosePolicyViolation, Reason: "reads too slowly", Err: ErrBufferFull})
		}
	}
	return ErrBufferFull
}

// fullLocked tells that too much is unsent. Replies to what has been read
// already have some more room, of the largest message: while more than half of
// the limit is unsent nothing is read, so that a peer that only reads its
// answers late is never closed for it.
func (c *Conn) fullLocked() bool {
	room := 0
	if c.conn.CorkedLocked() {
		room = c.profile.codec.MaxMessage
	}
	return c.conn.BufferedLocked()-c.profile.maxBuffered > room
}
