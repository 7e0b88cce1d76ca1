package codec

import (
	"sync"

	"github.com/sockeye-ws/sockeye/codec/internal/inflate"
)

// rsv1 marks the first frame of a compressed message (RFC 7692 section 6).
const rsv1 = 0b100

const (
	// turnOut is how much a call of Next inflates before it returns, so that a
	// connection's neighbours get their turn: of little input may come a thousand
	// times as much output, or as many blocks that count for some.
	turnOut = 32 << 10

	// turnIn is how much input is unmasked for that in one go.
	turnIn = 16 << 10
)

// inflation is what a compressed message needs besides its buffer, from its
// first byte until it is whole.
type inflation struct {
	z        inflate.Inflater
	received int // bytes of the message, compressed
	turn     int // how much may still be inflated in this turn
}

// inflationSize is what Held counts for an inflation, in bytes.
const inflationSize = 8 << 10

var inflations = sync.Pool{New: func() any { return new(inflation) }}

// beginTurn lets d inflate as much as a call of Next may.
func (d *Decoder) beginTurn() {
	if d.tables != nil {
		d.tables.turn = turnOut
	}
}

// turnOver tells that Next should return, whatever is left to decode.
func (d *Decoder) turnOver() bool {
	return d.tables != nil && d.tables.turn <= 0
}

// Inflated gives how much of an incomplete message the last call of Next has
// inflated, in bytes; what took as long as so many and gave nothing is included.
func (d *Decoder) Inflated() int {
	if d.tables == nil {
		return 0
	}
	return turnOut - d.tables.turn
}

// beginInflating takes what the message needs if it has not got it yet.
func (d *Decoder) beginInflating() *inflation {
	if d.tables == nil {
		d.tables = inflations.Get().(*inflation)
		d.tables.z.Reset()
		d.tables.received = 0
		d.beginTurn()
	}
	return d.tables
}

// endInflating gives it back.
func (d *Decoder) endInflating() {
	if d.tables != nil {
		inflations.Put(d.tables)
		d.tables = nil
	}
}

// received gives the number of the compressed message's bytes so far.
func (d *Decoder) received() int {
	if d.tables == nil {
		return 0
	}
	return d.tables.received
}

// readDeflated takes bytes of a compressed message's frame from b, which does
// not go beyond it, and returns how many: not all if the turn is over.
func (d *Decoder) readDeflated(b []byte) (op Opcode, payload []byte, n int) {
	if len(b) > 0 {
		z := d.beginInflating()
		b = b[:min(len(b), turnIn)]
		d.unmask(b)
		if n = d.inflate(b); d.phase == failed {
			return 0, nil, n
		}
		d.got += n
		d.unmask(b[n:]) // which masks it again
		z.received += n
	}
	switch {
	case d.lacking() > 0:
	case !d.header.Fin:
		d.endFrame()
	default:
		op, payload = d.endDeflated()
	}
	return op, payload, n
}

// inflate decodes bytes of the compressed message and returns how many it took:
// not all if the turn is over. It fails d if they, or what they give, break a
// rule.
func (d *Decoder) inflate(b []byte) (n int) {
	z, limit := d.tables, d.cfg.maxMessage()
	for {
		d.makeRoom(z.received + len(b))
		had := len(d.buf.B)
		end := min(cap(d.buf.B), limit)
		if n < len(b) {
			end = min(end, had+max(z.turn, 0))
		}
		z.z.Patience = z.turn
		out, k, status := z.z.Inflate(d.buf.B[:had:end], b[n:], d.cfg.History.Bytes())
		n += k
		d.buf.B = d.buf.B[:len(out)]
		z.turn = z.z.Patience - (len(out) - had)
		switch {
		case d.message == Text && !d.utf8.Valid(out[had:]):
			d.fail(ErrInvalidUTF8)
		case status == inflate.Corrupt:
			d.fail(ErrDeflate)
		case status == inflate.Full && len(out) == limit:
			d.fail(ErrMessageTooBig)
		case status == inflate.Full && (z.turn > 0 || n == len(b)):
			continue
		}
		return n
	}
}

// makeRoom makes room in the buffer if there is none and the limit allows it.
// received is the number of the message's bytes so far, compressed.
func (d *Decoder) makeRoom(received int) {
	if d.buf == nil || free(d.buf) == 0 && d.size() < d.cfg.maxMessage() {
		d.grow(max(received-d.size(), 0))
	}
}

// lastBytes follow a compressed message's payload (RFC 7692 section 7.2.2).
var lastBytes = []byte{0, 0, 0xFF, 0xFF}

// endDeflated completes the compressed message.
func (d *Decoder) endDeflated() (op Opcode, payload []byte) {
	if d.tables == nil { // a payload of no bytes is no DEFLATE
		d.fail(ErrDeflate)
		return 0, nil
	}
	for n := 0; n < len(lastBytes); {
		d.beginTurn()
		if n += d.inflate(lastBytes[n:]); d.phase == failed {
			return 0, nil
		}
	}
	switch {
	case !d.tables.z.Between():
		d.fail(ErrDeflate)
		return 0, nil
	case !d.utf8.Complete():
		d.fail(ErrInvalidUTF8)
		return 0, nil
	}
	d.endInflating()
	payload = d.buf.B[:len(d.buf.B):len(d.buf.B)]
	d.cfg.History.Add(payload)
	op, d.message, d.deflated, d.phase = d.message, 0, false, delivered
	return op, payload
}
