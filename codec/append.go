package codec

import (
	"slices"
)

// AppendFrame appends one unfragmented frame from a server to b. A control
// frame's payload must not exceed [MaxControlPayload].
func AppendFrame(b []byte, op Opcode, payload []byte) []byte {
	return AppendFragment(b, op, true, payload)
}

// AppendMaskedFrame appends one unfragmented frame from a client to b. The
// mask must be fresh and unpredictable for each frame (RFC 6455 section 5.3).
// The payload is masked in b, the caller's bytes stay as they are.
func AppendMaskedFrame(b []byte, op Opcode, payload []byte, mask [4]byte) []byte {
	return AppendMaskedFragment(b, op, true, payload, mask)
}

// AppendFragment appends one frame of a fragmented message from a server to b:
// op is the message's for the first frame and [Continuation] for the others,
// fin marks the last (RFC 6455 section 5.4).
func AppendFragment(b []byte, op Opcode, fin bool, payload []byte) []byte {
	b = slices.Grow(b, HeaderSize(len(payload), false)+len(payload))
	b = AppendHeader(b, Header{Fin: fin, OpCode: op, Length: int64(len(payload))})
	return append(b, payload...)
}

// AppendMaskedFragment is [AppendFragment] for a client, with a mask as for
// [AppendMaskedFrame].
func AppendMaskedFragment(b []byte, op Opcode, fin bool, payload []byte, mask [4]byte) []byte {
	b = slices.Grow(b, HeaderSize(len(payload), true)+len(payload))
	b = AppendHeader(b, Header{Fin: fin, OpCode: op, Masked: true, Mask: mask, Length: int64(len(payload))})
	start := len(b)
	b = append(b, payload...)
	applyMask(b[start:], mask, 0)
	return b
}

// AppendClose appends a server's Close frame to b. Code and reason are as for
// [AppendClosePayload].
func AppendClose(b []byte, code CloseCode, reason string) []byte {
	var p [MaxControlPayload]byte
	return AppendFrame(b, Close, AppendClosePayload(p[:0], code, reason))
}

// AppendMaskedClose is [AppendClose] for a client, with a mask as for
// [AppendMaskedFrame].
func AppendMaskedClose(b []byte, code CloseCode, reason string, mask [4]byte) []byte {
	var p [MaxControlPayload]byte
	return AppendMaskedFrame(b, Close, AppendClosePayload(p[:0], code, reason), mask)
}

// AppendPing appends a server's Ping to b. A payload longer than
// [MaxControlPayload] is cut there.
func AppendPing(b []byte, payload []byte) []byte {
	return AppendFrame(b, Ping, cutControl(payload))
}

// AppendMaskedPing is [AppendPing] for a client, with a mask as for
// [AppendMaskedFrame].
func AppendMaskedPing(b []byte, payload []byte, mask [4]byte) []byte {
	return AppendMaskedFrame(b, Ping, cutControl(payload), mask)
}

// AppendPong appends a server's Pong to b. To answer a Ping it must have the
// Ping's payload (RFC 6455 section 5.5.3); one longer than
// [MaxControlPayload] is cut there.
func AppendPong(b []byte, payload []byte) []byte {
	return AppendFrame(b, Pong, cutControl(payload))
}

// AppendMaskedPong is [AppendPong] for a client, with a mask as for
// [AppendMaskedFrame].
func AppendMaskedPong(b []byte, payload []byte, mask [4]byte) []byte {
	return AppendMaskedFrame(b, Pong, cutControl(payload), mask)
}

func cutControl(p []byte) []byte { return p[:min(len(p), MaxControlPayload)] }
