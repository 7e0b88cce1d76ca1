package malformed

import (
	"encoding/binary"
	"unicode/utf8"
)

// Verdict is what a server must make of a stream.
type Verdict struct {
	// Frames are the messages, after reassembly, and control frames that are
	// received before the end.
	Frames []Frame

	// Code is the close code to be sent: that of the client's own Close frame,
	// 1005 if it has none, or that of what is wrong. 0: there is nothing to
	// close for.
	Code int

	// Fault says what is wrong; "" if nothing is.
	Fault string

	// Undecided tells that the stream ends within a frame's header. What is
	// wrong with that is not looked at.
	Undecided bool
}

// Frame is a whole message or a control frame.
type Frame struct {
	Opcode  byte
	Payload string
}

// Judge says what a server with these limits must make of a stream: it looks at
// one frame after another (RFC 6455 section 5.2).
func (l Limits) Judge(stream []byte) Verdict {
	j := judge{Limits: l, rest: stream}
	for j.Code == 0 && len(j.rest) > 0 && !j.Undecided {
		j.frame()
	}
	return j.Verdict
}

type judge struct {
	Verdict
	Limits
	rest []byte

	op        byte // of the message whose last frame is yet to come, or 0
	message   []byte
	fragments int
}

func (j *judge) fail(code int, fault string) { j.Code, j.Fault = code, fault }

func (j *judge) frame() {
	header, length, ok := cutHeader(j.rest)
	if !ok {
		j.Undecided = true
		return
	}
	fin, op := header[0]&0x80 != 0, header[0]&0x0f
	if j.checkHeader(header, length); j.Code != 0 {
		return
	}
	if op == Text || op == Binary {
		j.op, j.message, j.fragments = op, nil, 0
	}
	mask, body := j.rest[len(header)-4:len(header)], j.rest[len(header):]
	whole := uint64(len(body)) >= length
	body = body[:min(uint64(len(body)), length)]
	j.rest = j.rest[len(header)+len(body):]
	payload := make([]byte, len(body))
	for i, c := range body {
		payload[i] = c ^ mask[i%4]
	}
	if op >= Close {
		j.control(op, payload, whole)
		return
	}
	j.fragments++
	j.data(payload, fin && whole)
}

// cutHeader gives the header that b begins with, mask included, and the
// payload's length.
func cutHeader(b []byte) (header []byte, length uint64, ok bool) {
	if len(b) < 2 {
		return nil, 0, false
	}
	n := 2
	switch b[1] & 0x7f {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	masked := b[1]&0x80 != 0
	size := n
	if masked {
		size += 4
	}
	if len(b) < size {
		return nil, 0, false
	}
	switch n {
	case 2:
		length = uint64(b[1] & 0x7f)
	case 4:
		length = uint64(binary.BigEndian.Uint16(b[2:]))
	default:
		length = binary.BigEndian.Uint64(b[2:])
	}
	return b[:size], length, true
}

func (j *judge) checkHeader(h []byte, length uint64) {
	fin, op, masked, short := h[0]&0x80 != 0, h[0]&0x0f, h[1]&0x80 != 0, h[1]&0x7f
	switch {
	// What the first byte tells.
	case h[0]&0x70 != 0:
		j.fail(1002, "5.2: a reserved bit is set, and no extension was agreed on")
	case op > Binary && op < Close || op > Pong:
		j.fail(1002, "5.2: reserved opcode")
	case op >= Close && !fin:
		j.fail(1002, "5.5: control frames must not be fragmented")
	case op == Continuation && j.op == 0:
		j.fail(1002, "5.4: nothing to continue")
	case (op == Text || op == Binary) && j.op != 0:
		j.fail(1002, "5.4: fragments of one message must not be interleaved with another")
	case op == Continuation && j.fragments == j.MaxFragments:
		j.fail(1008, "more fragments than allowed")
	// What the second tells.
	case !masked:
		j.fail(1002, "5.1: a client must mask")
	case op >= Close && short > 125:
		j.fail(1002, "5.5: control frames have 125 bytes at most")
	case op == Close && short == 1:
		j.fail(1002, "5.5.1: the body begins with a code of two bytes")
	// What the length tells.
	case length >= 1<<63:
		j.fail(1002, "5.2: the most significant bit must be 0")
	case short == 126 && length < 126, short == 127 && length < 65536:
		j.fail(1002, "5.2: the minimal number of bytes must be used")
	case op == Continuation && length > uint64(j.MaxMessage-len(j.message)),
		(op == Text || op == Binary) && length > uint64(j.MaxMessage):
		j.fail(1009, "a message over the limit")
	}
}

// data takes a data frame's payload, or the beginning of it.
func (j *judge) data(p []byte, last bool) {
	j.message = append(j.message, p...)
	switch {
	case j.op == Text && (!mayBecomeUTF8(j.message) || last && !utf8.Valid(j.message)):
		j.fail(1007, "8.1: the text is not UTF-8")
	case last:
		j.Frames = append(j.Frames, Frame{j.op, string(j.message)})
		j.op = 0
	}
}

// control takes a control frame's payload, or the beginning of it.
func (j *judge) control(op byte, p []byte, whole bool) {
	if op == Close && len(p) >= 2 {
		code, reason := int(binary.BigEndian.Uint16(p)), p[2:]
		switch {
		case !maySend(code):
			j.fail(1002, "7.4: this code must not be sent")
		case !mayBecomeUTF8(reason) || whole && !utf8.Valid(reason):
			j.fail(1007, "5.5.1: the reason is not UTF-8")
		case whole:
			j.Code = code
		}
	} else if op == Close && whole {
		j.Code = 1005
	}
	if whole && j.Fault == "" {
		j.Frames = append(j.Frames, Frame{op, string(p)})
	}
}

// maySend tells that RFC 6455 section 7.4 or the registry that it made allows a
// code in a Close frame.
func maySend(code int) bool {
	switch code {
	case 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014:
		return true
	}
	return code >= 3000 && code <= 4999
}
