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
	if c.replyLocked(op, p) {
		return nil
	}
	err := c.admitLocked(true, "")
	if err == nil || err == ErrOlderDropped {
		c.markLocked(c.messageLocked(op, p, ""), "")
	}
	return err
}

// maxReplies is more than a connection gathers before it sends, so that with a
// larger MaxBuffered nothing of that is too much.
const maxReplies = 64 << 10

// replyLocked sends a message if it is one of the most, which are small and sent
// while the handler is called. It does nothing else than the long way does.
func (c *Conn) replyLocked(op codec.Opcode, p []byte) bool {
	if len(p) >= largeSend || !c.profile.replies {
		return false
	}
	b := c.conn.ReplyRoomLocked(uint8(Open), codec.MaxHeaderSize+len(p))
	if b == nil {
		return false
	}
	c.conn.ReplyLocked(codec.AppendFragment(b, op, true, p))
	c.sessions().stats.sent++ // as countSentLocked does
	return true
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

// messageLocked sends a message that was admitted, and gives the bytes that
// this takes: 0 if they are sent piece by piece later.
func (c *Conn) messageLocked(op codec.Opcode, p []byte, key string) (size int) {
	c.countSentLocked()
	if c.profile.deflation != nil && c.stowLocked(op, p, key) {
		return 0
	}
	return c.wholeLocked(op, p, key)
}

// markLocked makes what a message took, the last that was sent, something that
// may be dropped: for a newer one with the same key, or by the send policy.
func (c *Conn) markLocked(size int, key string) {
	if key != "" || c.profile.sendPolicy == DropOldest {
		c.conn.MarkLocked(size, key)
	}
}

func isMessage(op codec.Opcode) bool { return op == codec.Text || op == codec.Binary }

// SendText sends a text message; see [Conn.Send].
func (c *Conn) SendText(s string) error {
	return c.Send(codec.Text, unsafe.Slice(unsafe.StringData(s), len(s)))
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
	c.frameLocked(codec.Header{Fin: true, OpCode: codec.Ping}, p)
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
		c.conn.SetLatestLocked(c.appendFrame(b[:0], codec.Header{Fin: true, OpCode: codec.Pong}, payload))
		return
	}
	c.frameLocked(codec.Header{Fin: true, OpCode: codec.Pong}, payload)
}

// frameLocked sends a frame, of which h need not have length and mask, and
// gives its size.
func (c *Conn) frameLocked(h codec.Header, p []byte) (size int) {
	size = codec.HeaderSize(len(p), c.profile.client) + len(p)
	if len(p) >= largeSend && !c.profile.client {
		h.Length = int64(len(p))
		c.conn.CommitLocked(codec.AppendHeader(c.conn.RoomLocked(codec.MaxHeaderSize), h), p)
		return size
	}
	c.conn.CommitLocked(c.appendFrame(c.conn.RoomLocked(size), h, p), nil)
	return size
}

func (c *Conn) appendFrame(b []byte, h codec.Header, p []byte) []byte {
	start := len(b)
	if c.profile.client {
		b = codec.AppendMaskedFragment(b, h.OpCode, h.Fin, p, newMask())
	} else {
		b = codec.AppendFragment(b, h.OpCode, h.Fin, p)
	}
	b[start] |= h.Rsv << 4
	return b
}

// newMask is unpredictable, as RFC 6455 section 10.3 demands: the source is
// the runtime's ChaCha8.
func newMask() (mask [4]byte) {
	binary.NativeEndian.PutUint32(mask[:], rand.Uint32())
	return mask
}
