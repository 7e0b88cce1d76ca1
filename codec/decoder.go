package codec

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/sockeye-ws/sockeye/pool"
)

// Decoder turns a peer's bytes into messages and control frames, however the
// bytes are split. It must be [Decoder.Reset] before use, and is for one
// goroutine at a time.
//
// It holds memory only for what is incomplete: a connection whose decoder is
// [Decoder.Idle] needs no decoder until its next bytes come.
type Decoder struct {
	cfg    *Config
	buf    *pool.Buffer // the message's payload, if it had to be kept
	tables *inflation   // of a compressed message, once it is not empty
	err    *Error       // when failed
	header Header       // of the current frame
	got    int          // bytes of its payload so far
	frames int          // of the current message, this one included
	utf8   UTF8         // of the current message, if a text; complete between messages

	// part holds the bytes of an incomplete header (have of them), then those
	// of an incomplete control frame's payload (got).
	part    [MaxControlPayload]byte
	have    uint8
	message Opcode // of the current message, 0 between messages
	phase   phase

	deflated bool // the current message is compressed
}

type phase uint8

const (
	between   phase = iota // nothing held, a new message may begin
	inHeader               // of a frame, or at its start within a fragmented message
	inPayload              // the header is known
	delivered              // a message in buf, until the next call
	closed                 // after a Close frame
	failed                 // after a violation
)

// NewDecoder returns a decoder that follows cfg, which it shares: see [Config].
// cfg must not be nil.
func NewDecoder(cfg *Config) *Decoder {
	d := new(Decoder)
	d.Reset(cfg)
	return d
}

// Reset makes d ready for a new connection and gives its buffer back. It costs
// next to nothing if d is [Decoder.Idle].
func (d *Decoder) Reset(cfg *Config) {
	if d.phase != between {
		d.Release()
	}
	d.cfg = cfg
}

// Release gives the buffer back. d is then only good for [Decoder.Reset].
func (d *Decoder) Release() {
	d.drop()
	d.endInflating()
	*d = Decoder{}
}

// Idle reports whether d is between messages and holds nothing: it may be used
// for another connection or dropped. After a Close frame or an error it is
// not, as what follows must be treated alike.
func (d *Decoder) Idle() bool {
	d.settle()
	return d.phase == between
}

// Held gives the number of bytes of memory that d holds for a message.
func (d *Decoder) Held() (bytes int) {
	if d.buf != nil {
		bytes = cap(d.buf.B)
	}
	if d.tables != nil {
		bytes += inflationSize
	}
	return bytes
}

// Next decodes the next event in b and returns how many bytes it took.
//
//   - [Text] or [Binary]: a whole message, reassembled; a text is valid UTF-8.
//   - [Close], [Ping] or [Pong]: that frame, and for a Close a payload that
//     [ParseClosePayload] accepts. What comes after a Close is discarded (RFC
//     6455 section 5.5.1).
//   - 0: what was taken completes nothing. If that was all of b, call again with
//     more. Else call again with the rest, at once or after whatever else should
//     have its turn: a call takes no more than 512 frames, and inflates no more
//     than some 32 KiB, give or take 16 KiB, or takes as long over less.
//
// Next changes b: a frame that lies whole in it is unmasked in place. The
// payload is a part of b, or else of d's own memory; it may be written to, and
// is valid until the next call of any method of d or until b is used otherwise,
// whichever comes first.
//
// An error is an *[Error]: the peer broke a rule. All of b is taken then, and
// every later call returns the same error.
func (d *Decoder) Next(b []byte) (op Opcode, payload []byte, n int, err error) {
	if d.phase != between {
		return d.next(b)
	}
	start, end := wholeMessage(b, d.cfg)
	if end == 0 {
		return d.next(b)
	}
	payload = b[start:end:end]
	if d.cfg.Role == Server {
		applyMask(payload, [maskSize]byte(b[start-maskSize:]), 0)
	}
	op = Opcode(b[0] & opcodeBits)
	if op == Text && !utf8.Valid(payload) {
		d.fail(ErrInvalidUTF8)
		return 0, nil, len(b), d.err
	}
	return op, payload, end, nil
}

// wholeMessage finds the payload of an unfragmented message that lies whole at
// the start of b and breaks no rule but perhaps UTF-8. Anything else gives 0, 0.
// Nothing here may be accepted that check refuses.
func wholeMessage(b []byte, cfg *Config) (start, end int) {
	const finText, finBinary = finBit | byte(Text), finBit | byte(Binary)
	if len(b) < 2 || b[0] != finText && b[0] != finBinary {
		return 0, 0
	}
	masked := b[1] >= maskBit
	if masked != (cfg.Role == Server) {
		return 0, 0
	}
	start = 2
	size, least := uint64(b[1]&lengthBits), uint64(0)
	switch {
	case size < length16:
	case size == length16 && len(b) >= 4:
		start, size, least = 4, uint64(binary.BigEndian.Uint16(b[2:])), length16
	case size == length64 && len(b) >= 10:
		start, size, least = 10, binary.BigEndian.Uint64(b[2:]), math.MaxUint16+1
	default:
		return 0, 0
	}
	if masked {
		start += maskSize
	}
	if size < least || size > uint64(cfg.maxMessage()) || int(size) > len(b)-start {
		return 0, 0
	}
	return start, start + int(size)
}

// turnPieces is how many frames, or parts of them, a call of Next takes before
// it returns, so that a connection's neighbours get their turn.
const turnPieces = 512

// next is Next for all cases.
func (d *Decoder) next(b []byte) (op Opcode, payload []byte, n int, err error) {
	d.settle()
	if d.phase == closed {
		return 0, nil, len(b), nil
	}
	d.beginTurn()
	for pieces := 0; n < len(b) && op == 0 && d.phase != failed && pieces < turnPieces && !d.turnOver(); pieces++ {
		if d.phase != inPayload {
			n += d.readHeader(b[n:])
		}
		if d.phase == inPayload {
			var k int
			op, payload, k = d.readPayload(b[n:])
			n += k
		}
	}
	if d.phase == failed {
		return 0, nil, len(b), d.err
	}
	return op, payload, n, nil
}

// settle takes the message back that the last call delivered.
func (d *Decoder) settle() {
	if d.phase == delivered {
		d.drop()
		d.phase = between
	}
}

// fail ends decoding; whoever called Next or Filled gets the error from d.
func (d *Decoder) fail(err *Error) {
	d.drop()
	d.endInflating()
	d.phase, d.err = failed, err
}

// drop gives the buffer back.
func (d *Decoder) drop() {
	pool.Put(d.buf)
	d.buf = nil
}
