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
// is [ErrClosed], [ErrBufferFull], [ErrOlderDropped] or a *[MisuseError].
//
// While the connection is closed, perhaps by another goroutine, a message is
// either taken and sent before the Close frame, or refused with [ErrClosed]. So
// it is refused in OnClose.
func (c *Conn) Send(op codec.Opcode, p []byte) error {
	if err := checkMessage(op, p); err != nil {
		return err
	}
	c.conn.Lock()
	defer c.conn.Unlock()
	err := c.admitLocked(true, "")
	if err == nil || err == ErrOlderDropped {
		c.messageLocked(op, p)
		if c.profile.sendPolicy == DropOldest {
			c.conn.MarkLocked(c.frameSize(p), "")
		}
	}
	return err
}

func checkMessage(op codec.Opcode, p []byte) error {
	switch {
	case op == codec.Text && !utf8.Valid(p):
		return ErrInvalidUTF8
	case !isMessage(op):
		return ErrNotMessage
	}
	return nil
}

// messageLocked sends a message that was admitted.
func (c *Conn) messageLocked(op codec.Opcode, p []byte) {
	c.countSentLocked()
	if len(p) >= largeSend && !c.profile.client {
		h := codec.Header{Fin: true, OpCode: op, Length: int64(len(p))}
		c.conn.CommitLocked(codec.AppendHeader(c.conn.RoomLocked(codec.MaxHeaderSize), h), p)
		return
	}
	c.frameLocked(op, p)
}

// frameSize gives the size of a message as it is sent.
func (c *Conn) frameSize(p []byte) int {
	return codec.HeaderSize(len(p), c.profile.client) + len(p)
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
	err := c.admitLocked(true, "")
	if err != nil && err != ErrOlderDropped {
		return err
	}
	c.countSentLocked()
	c.conn.SendLocked(m.Frame())
	if c.profile.sendPolicy == DropOldest {
		c.conn.MarkLocked(len(m.Frame()), "")
	}
	return err
}

// Ping sends a ping with up to 125 bytes, which the peer returns in a pong:
// see [Ponger]. The engine itself pings silent peers; see Options.IdleTimeout.
// The error is [ErrClosed], [ErrBufferFull] or a *[MisuseError].
func (c *Conn) Ping(p []byte) error {
	if len(p) > 125 {
		return ErrControlTooLong
	}
	c.conn.Lock()
	defer c.conn.Unlock()
	if err := c.admitLocked(false, ""); err != nil {
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
