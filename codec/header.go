package codec

import (
	"encoding/binary"
	"math"

	"github.com/gobwas/ws"
)

// Opcode is a frame's kind (RFC 6455 section 5.2).
type Opcode = ws.OpCode

// The opcodes of RFC 6455. Continuation, the zero value, also stands for "no
// event yet" in what a [Decoder] returns.
const (
	Continuation = ws.OpContinuation
	Text         = ws.OpText
	Binary       = ws.OpBinary
	Close        = ws.OpClose
	Ping         = ws.OpPing
	Pong         = ws.OpPong
)

// Header is a frame's header (RFC 6455 section 5.2).
type Header = ws.Header

const (
	// MaxHeaderSize is the size of the longest header in bytes: 64-bit length
	// and mask.
	MaxHeaderSize = 14

	// MaxControlPayload is the limit of a control frame's payload in bytes
	// (RFC 6455 section 5.5).
	MaxControlPayload = 125
)

// Bits and values of a header's first two bytes.
const (
	finBit     = 0x80
	opcodeBits = 0x0f
	maskBit    = 0x80
	lengthBits = 0x7f
	length16   = 126 // the length is in the 2 bytes that follow
	length64   = 127 // the length is in the 8 bytes that follow
	maskSize   = 4
)

// HeaderSize gives the size of the header of a frame with n bytes of payload:
// 2, 4 or 10 bytes, and 4 more if masked.
func HeaderSize(n int, masked bool) int {
	size := 2
	switch {
	case n > math.MaxUint16:
		size += 8
	case n >= length16:
		size += 2
	}
	if masked {
		size += maskSize
	}
	return size
}

// AppendHeader appends h to b, with the shortest encoding of its length. It
// checks nothing.
func AppendHeader(b []byte, h Header) []byte {
	first := h.Rsv<<4 | byte(h.OpCode)
	if h.Fin {
		first |= finBit
	}
	var second byte
	if h.Masked {
		second = maskBit
	}
	switch {
	case h.Length < length16:
		b = append(b, first, second|byte(h.Length))
	case h.Length <= math.MaxUint16:
		b = append(b, first, second|length16, byte(h.Length>>8), byte(h.Length))
	default:
		b = binary.BigEndian.AppendUint64(append(b, first, second|length64), uint64(h.Length))
	}
	if h.Masked {
		b = append(b, h.Mask[:]...)
	}
	return b
}

// ParseHeader reads the header at the start of b and returns its size n, or
// n = 0 if b does not hold all of it. It fails with [ErrLengthNotMinimal] or
// [ErrLengthTopBit]; a [Decoder] knows the other rules, which depend on who
// reads and on what came before.
func ParseHeader(b []byte) (h Header, n int, err error) {
	if v := checkLength(b, math.MaxInt64); v != nil {
		return Header{}, 0, v
	}
	h, n = parseHeader(b)
	return h, n, nil
}

// parseHeader is ParseHeader for a length that has been checked.
func parseHeader(b []byte) (h Header, n int) {
	if len(b) < 2 || len(b) < 2+extraSize(b[1]) {
		return Header{}, 0
	}
	h = Header{
		Fin:    b[0]&finBit != 0,
		Rsv:    b[0] >> 4 & 7,
		OpCode: Opcode(b[0] & opcodeBits),
		Masked: b[1]&maskBit != 0,
		Length: int64(b[1] & lengthBits),
	}
	n = 2
	switch h.Length {
	case length16:
		h.Length = int64(binary.BigEndian.Uint16(b[n:]))
		n += 2
	case length64:
		h.Length = int64(binary.BigEndian.Uint64(b[n:]))
		n += 8
	}
	if h.Masked {
		n += copy(h.Mask[:], b[n:])
	}
	return h, n
}

// extraSize gives the size of what follows a header's second byte.
func extraSize(second byte) int {
	n := lengthSize(second)
	if second&maskBit != 0 {
		n += maskSize
	}
	return n
}

// lengthSize gives the size of the extended length that a header's second
// byte announces.
func lengthSize(second byte) int {
	switch second & lengthBits {
	case length16:
		return 2
	case length64:
		return 8
	}
	return 0
}
