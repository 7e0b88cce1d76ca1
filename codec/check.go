package codec

import (
	"math"

	"github.com/gobwas/ws"
)

// check applies the rules to a header or to the first bytes of one, p. It goes
// from byte to byte, so that it fails as early as it can and with the same
// error however the bytes were split.
func (d *Decoder) check(p []byte) *Error {
	h := Header{
		Fin:    p[0]&finBit != 0,
		Rsv:    p[0] >> 4 & 7,
		OpCode: Opcode(p[0] & opcodeBits),
		Masked: d.cfg.Role == Server, // as it should be
	}
	// RFC 7692, 6: RSV1 on a message's first frame says that it is compressed.
	deflated := h.Rsv == rsv1 && d.cfg.Deflate && (h.OpCode == Text || h.OpCode == Binary)
	if deflated {
		h.Rsv = 0
	}
	state := d.state()
	if err := ws.CheckHeader(h, state); err != nil {
		return violation(err)
	}
	// 10.4: limits of the implementation.
	if h.OpCode == Continuation && d.frames >= d.cfg.maxFragments() {
		return ErrTooManyFragments
	}
	if len(p) < 2 {
		return nil
	}

	h.Masked = p[1]&maskBit != 0
	h.Length = int64(p[1] & lengthBits)
	if err := ws.CheckHeader(h, state); err != nil {
		return violation(err)
	}
	// 5.5.1: if there is a body, its first two bytes are the code.
	if h.OpCode == Close && h.Length == 1 {
		return ErrCloseLength
	}
	if h.OpCode.IsControl() {
		return nil
	}
	limit := d.left()
	if deflated || d.deflated {
		limit = d.cfg.maxDeflated() - d.received()
	}
	return checkLength(p, int64(limit))
}

// state is the decoder's state in the words of [ws.CheckHeader].
func (d *Decoder) state() ws.State {
	state := ws.StateServerSide
	if d.cfg.Role == Client {
		state = ws.StateClientSide
	}
	if d.message != 0 {
		state |= ws.StateFragmented
	}
	return state
}

// violation names the rule behind an error of [ws.CheckHeader].
func violation(err error) *Error {
	switch err {
	// 5.2: a reserved bit must be 0 unless an extension gives it a meaning.
	case ws.ErrProtocolNonZeroRsv:
		return ErrReservedBits
	// 5.2: an unknown opcode fails the connection.
	case ws.ErrProtocolOpCodeReserved:
		return ErrReservedOpcode
	// 5.1: a server closes on a frame that is not masked.
	case ws.ErrProtocolMaskRequired:
		return ErrMaskRequired
	// 5.1: a client closes on a masked frame.
	case ws.ErrProtocolMaskUnexpected:
		return ErrMaskUnexpected
	// 5.5: a control frame has 125 bytes of payload at most.
	case ws.ErrProtocolControlPayloadOverflow:
		return ErrControlTooLong
	// 5.5: a control frame must not be fragmented.
	case ws.ErrProtocolControlNotFinal:
		return ErrControlFragmented
	// 5.4: fragments of two messages must not be interleaved.
	case ws.ErrProtocolContinuationExpected:
		return ErrExpectedContinuation
	// 5.4: a message begins with an opcode that is not 0.
	case ws.ErrProtocolContinuationUnexpected:
		return ErrUnexpectedContinuation
	}
	return &Error{CloseProtocolError, err.Error(), "5"}
}

// checkLength checks the length in a header or in the first bytes of one, p,
// of which the missing bytes may be anything. limit is the largest allowed.
func checkLength(p []byte, limit int64) *Error {
	if len(p) < 2 {
		return nil
	}
	least, most := lengthBounds(p)
	extended := lengthSize(p[1])
	switch {
	// 5.2: the most significant bit of a 64-bit length must be 0.
	case least > math.MaxInt64:
		return ErrLengthTopBit
	// 5.2: the minimal number of bytes must be used.
	case extended == 2 && most < length16, extended == 8 && most <= math.MaxUint16:
		return ErrLengthNotMinimal
	// 10.4: limits of the implementation.
	case least > uint64(limit):
		return ErrMessageTooBig
	}
	return nil
}

// lengthBounds gives the least and the largest length that p, the first bytes
// of a header, can stand for.
func lengthBounds(p []byte) (least, most uint64) {
	size := lengthSize(p[1])
	if size == 0 {
		length := uint64(p[1] & lengthBits)
		return length, length
	}
	have := p[2:min(len(p), 2+size)]
	for _, c := range have {
		least = least<<8 | uint64(c)
	}
	missing := 8 * (size - len(have))
	least <<= missing
	return least, least | (1<<missing - 1)
}

// checkClose checks a Close frame's payload or, if it is not whole yet, its
// first bytes.
func checkClose(p []byte, whole bool) *Error {
	if len(p) < 2 {
		// 5.5.1: if there is a body, its first two bytes are the code.
		if whole && len(p) == 1 {
			return ErrCloseLength
		}
		return nil
	}
	// 7.4: which codes may be sent.
	if !closeCode(p).Sendable() {
		return ErrCloseCode
	}
	// 5.5.1: the reason is UTF-8.
	var reason UTF8
	if !reason.Valid(p[2:]) || whole && !reason.Complete() {
		return ErrCloseReason
	}
	return nil
}
