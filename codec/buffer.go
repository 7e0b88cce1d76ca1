package codec

import (
	"math/bits"

	"github.com/sockeye-ws/sockeye/pool"
)

const (
	// minDirect is how much a frame must lack for reads into the buffer to
	// pay: below, one read through the caller's memory takes the next frames
	// as well.
	minDirect = 4 << 10

	// spare is how far a buffer's capacity may exceed four times its bytes.
	spare = 1 << 10
)

// Room returns where the next bytes of the current frame's payload may be
// written, to save a copy of a large message: read from the connection into it
// and tell [Decoder.Filled]. It is nil unless at least 4 KiB of a text or
// binary frame's payload are still to come, and for compressed messages; then
// use [Decoder.Next].
//
// It never reaches beyond the frame. It grows fourfold with what has been
// received, from 1 KiB or less: while it is shorter than the caller's own read
// buffer, reading there and calling Next takes fewer reads. The slice is valid
// until the next call of any method of d.
func (d *Decoder) Room() []byte {
	d.settle()
	if !d.inData() || d.lacking() < minDirect {
		return nil
	}
	// With no more than this free, four times the buffer is already allowed,
	// and a short read saved.
	if d.buf == nil || free(d.buf) <= spare/4 {
		d.grow(0)
	}
	return d.room()
}

// Filled says that n bytes were written at the start of what [Decoder.Room]
// returned. It returns the message that they complete, as [Decoder.Next] would;
// the payload is valid until the next call of any method of d. If there is no
// such room, it returns [ErrFilled] and changes nothing.
func (d *Decoder) Filled(n int) (op Opcode, payload []byte, err error) {
	d.settle()
	if d.phase == failed {
		return 0, nil, d.err
	}
	if n < 0 || n > len(d.room()) {
		return 0, nil, ErrFilled
	}
	if n > 0 {
		op, payload = d.keep(n)
	}
	if d.phase == failed {
		return 0, nil, d.err
	}
	return op, payload, nil
}

// room gives the part of the buffer's free space that the frame can fill.
func (d *Decoder) room() []byte {
	if !d.inData() || d.buf == nil {
		return nil
	}
	n := len(d.buf.B)
	end := n + min(d.lacking(), free(d.buf))
	return d.buf.B[n:end:end]
}

// inData reports whether the next bytes are a data frame's payload, as it is.
func (d *Decoder) inData() bool {
	return d.phase == inPayload && d.header.OpCode.IsData() && !d.deflated
}

func free(b *pool.Buffer) int { return cap(b.B) - len(b.B) }

// grow takes a larger buffer, with room for n bytes that have been received
// but are not in the old one.
func (d *Decoder) grow(n int) {
	larger := pool.Get(capacity(d.size()+n, d.mostSize()))
	if d.buf != nil {
		larger.B = append(larger.B, d.buf.B...)
	}
	d.drop()
	d.buf = larger
}

// capacity gives the capacity for a message of which some bytes are received
// and which has most bytes in the end. Memory follows what was received, never
// what a header promises. The steps to the end are fourfold and powers of two,
// as the pool's are: no more than a third of the last is ever copied.
func capacity(received, most int) int {
	c := uint(1) << bits.Len(uint(most-1))
	for c > uint(4*received+spare) {
		c >>= 2
	}
	return int(min(c, uint(most)))
}

// size gives the number of the message's bytes in the buffer.
func (d *Decoder) size() int {
	if d.buf == nil {
		return 0
	}
	return len(d.buf.B)
}

// left gives how many bytes more the message may have, as it is.
func (d *Decoder) left() int { return d.cfg.maxMessage() - d.size() }

// mostSize gives the largest size that the message can come to.
func (d *Decoder) mostSize() int {
	if d.header.Fin && !d.deflated {
		return d.size() + d.lacking()
	}
	return d.cfg.maxMessage()
}
