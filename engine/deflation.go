package engine

import (
	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/pool"
)

// maxWindow is how far back compressed bytes can refer at most.
const maxWindow = 32 << 10

// rsv1 marks a compressed message's first frame, RFC 7692 section 6.
const rsv1 = 0b100

// deflation is how a connection compresses, if that was agreed on. Connections
// that keep nothing between messages share it.
type deflation struct {
	codec      codec.Config // of what is received; its History is the loop's
	compressor *compressor
	bits       int // of the window of what is sent

	sent     *codec.History // guarded by the connection's lock; nil unless agreed on
	reserved int64          // bytes of the compressor's limit
}

// append compresses a message, or a piece of one.
func (d *deflation) append(b, p, history []byte, last bool) []byte {
	z, _ := codec.GetDeflater(d.compressor.level, d.bits) // both have been checked
	defer codec.PutDeflater(z)
	return z.Append(b, p, history, last)
}

// wholeLocked sends a message, compressed if that makes it smaller, and gives
// the bytes that this takes. With a key it may yet be dropped, so that no other
// message may refer to it.
func (c *Conn) wholeLocked(op codec.Opcode, p []byte, key string) (size int) {
	h := codec.Header{Fin: true, OpCode: op}
	d := c.profile.deflation
	if d == nil || len(p) < d.compressor.minSize || d.sent != nil && key != "" {
		return c.frameLocked(h, p)
	}
	b := pool.Get(deflatedSize(len(p)))
	defer func() { pool.Put(b) }()
	b.B = d.append(b.B, p, d.sent.Bytes(), true)
	if len(b.B) >= len(p) {
		return c.frameLocked(h, p)
	}
	d.sent.Add(p)
	h.Rsv = rsv1
	return c.frameLocked(h, b.B)
}

// fragmentLocked sends a piece of a message as a fragment, compressed. before
// is what came before it in the message.
func (c *Conn) fragmentLocked(op codec.Opcode, before, piece []byte, last bool) {
	d := c.profile.deflation
	h := codec.Header{Fin: last, OpCode: codec.Continuation}
	if len(before) == 0 {
		h.OpCode, h.Rsv = op, rsv1
	}
	history := d.sent.Bytes()
	if d.sent == nil {
		history = before[max(len(before)-maxWindow, 0):]
	}
	b := pool.Get(deflatedSize(len(piece)))
	defer func() { pool.Put(b) }()
	b.B = d.append(b.B, piece, history, last)
	d.sent.Add(piece)
	c.frameLocked(h, b.B)
}

// storedLocked sends the rest of a message, of which the first part has been
// compressed, as it is: in stored blocks, RFC 1951 section 3.2.4.
func (c *Conn) storedLocked(rest []byte) {
	b := pool.Get(len(rest) + len(rest)/maxStored*5 + 16)
	defer func() { pool.Put(b) }()
	for from := rest; len(from) > 0; {
		n := min(len(from), maxStored)
		b.B = append(b.B, 0, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
		b.B = append(b.B, from[:n]...)
		from = from[n:]
	}
	b.B = append(b.B, 0) // the header of an empty one, of which RFC 7692 section 7.2.1 leaves out the rest
	c.profile.deflation.sent.Add(rest)
	c.frameLocked(codec.Header{Fin: true, OpCode: codec.Continuation}, b.B)
}

// maxStored is the limit of a stored block in bytes.
const maxStored = 1<<16 - 1

// deflatedSize is room for n bytes that do not become smaller.
func deflatedSize(n int) int { return n + n/64 + 64 }
