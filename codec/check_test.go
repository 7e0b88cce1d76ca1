package codec

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// Each bad input, with the events before it and the code it is closed with.
// Only the last byte of an input makes it bad.
func TestViolations(t *testing.T) {
	small := func(role Role) *Config { return &Config{Role: role, MaxMessage: 300, MaxFragments: 3} }
	s, c := small(Server), small(Client)
	begun := "\x01\x83\x00\x00\x00\x00abc" // first fragment of a text
	for _, x := range []struct {
		name   string
		cfg    *Config
		stream string
		want   *Error
		code   CloseCode
	}{
		{"RSV1", s, "\xC1", ErrReservedBits, 1002},
		{"RSV2", s, "\xA2", ErrReservedBits, 1002},
		{"RSV3", c, "\x91", ErrReservedBits, 1002},
		{"RSV1 on a Ping", s, "\xC9", ErrReservedBits, 1002},
		{"RSV1 on a continuation", s, begun + "\xC0", ErrReservedBits, 1002},
		{"opcode 3", s, "\x83", ErrReservedOpcode, 1002},
		{"opcode 7, not final", c, "\x07", ErrReservedOpcode, 1002},
		{"opcode 11", s, "\x8B", ErrReservedOpcode, 1002},
		{"opcode 15", c, "\x8F", ErrReservedOpcode, 1002},
		{"opcode 3 in a message", s, begun + "\x83", ErrReservedOpcode, 1002},
		{"no mask from a client", s, "\x81\x05", ErrMaskRequired, 1002},
		{"no mask, empty Ping", s, "\x89\x00", ErrMaskRequired, 1002},
		{"no mask, long", s, "\x82\x7F", ErrMaskRequired, 1002},
		{"mask from a server", c, "\x81\x85", ErrMaskUnexpected, 1002},
		{"mask on an empty Close", c, "\x88\x80", ErrMaskUnexpected, 1002},
		{"Ping of 126 bytes", s, "\x89\xFE", ErrControlTooLong, 1002},
		{"Pong with a 64-bit length", c, "\x8A\x7F", ErrControlTooLong, 1002},
		{"Close of 126 bytes", s, "\x88\xFE", ErrControlTooLong, 1002},
		{"Ping, not final", s, "\x09", ErrControlFragmented, 1002},
		{"Close, not final", c, "\x08", ErrControlFragmented, 1002},
		{"Pong, not final, in a message", s, begun + "\x0A", ErrControlFragmented, 1002},
		{"continuation at the start", s, "\x80", ErrUnexpectedContinuation, 1002},
		{"continuation, not final, at the start", c, "\x00", ErrUnexpectedContinuation, 1002},
		{"continuation after a message", c, "\x81\x01a\x80", ErrUnexpectedContinuation, 1002},
		{"continuation after a fragmented message", c, "\x01\x01a\x80\x01b\x00", ErrUnexpectedContinuation, 1002},
		{"text in a message", s, begun + "\x81", ErrExpectedContinuation, 1002},
		{"binary in a message", s, begun + "\x02", ErrExpectedContinuation, 1002},
		{"16-bit length 125", s, "\x82\xFE\x00\x7D", ErrLengthNotMinimal, 1002},
		{"16-bit length 0", c, "\x82\x7E\x00\x00", ErrLengthNotMinimal, 1002},
		{"64-bit length below 2^16", s, "\x82\xFF\x00\x00\x00\x00\x00\x00", ErrLengthNotMinimal, 1002},
		{"64-bit length 2^63", c, "\x82\x7F\x80", ErrLengthTopBit, 1002},
		{"64-bit length 2^64-1, in a message", s, begun + "\x80\xFF\xFF", ErrLengthTopBit, 1002},
		{"301 bytes", s, "\x82\xFE\x01\x2D", ErrMessageTooBig, 1009},
		{"512 bytes or more", s, "\x82\xFE\x02", ErrMessageTooBig, 1009},
		{"2^16 bytes", c, "\x82\x7F\x00\x00\x00\x00\x00\x01", ErrMessageTooBig, 1009},
		{"2^62 bytes", c, "\x82\x7F\x40", ErrMessageTooBig, 1009},
		{"298 bytes after 3", s, begun + "\x80\xFE\x01\x2A", ErrMessageTooBig, 1009},
		{"limit below 126", &Config{MaxMessage: 10}, "\x82\x8B", ErrMessageTooBig, 1009},
		{"fourth fragment", s, begun + "\x00\x80\x00\x00\x00\x00\x00\x80\x00\x00\x00\x00\x80", ErrTooManyFragments, 1008},
		{"fourth fragment, all empty", c, "\x02\x00\x00\x00\x00\x00\x00", ErrTooManyFragments, 1008},
		{"text with a stray continuation byte", c, "\x81\x03\x80", ErrInvalidUTF8, 1007},
		{"text with an overlong code point", c, "\x81\x09abc\xC0", ErrInvalidUTF8, 1007},
		{"text with a surrogate", c, "\x81\x03\xED\xA0", ErrInvalidUTF8, 1007},
		{"text beyond U+10FFFF", c, "\x81\x04\xF4\x90", ErrInvalidUTF8, 1007},
		{"text with an incomplete code point", c, "\x81\x02\xE2\x82", ErrInvalidUTF8, 1007},
		{"code point broken by a fragment", s, begun[:2] + "\x00\x00\x00\x00ab\xE2\x80\x81\x00\x00\x00\x00\x41", ErrInvalidUTF8, 1007},
		{"incomplete code point at an empty end", c, "\x01\x01\xE2\x80\x00", ErrInvalidUTF8, 1007},
		{"Close of 1 byte", s, "\x88\x81", ErrCloseLength, 1002},
		{"Close with 1005", c, "\x88\x02\x03\xED", ErrCloseCode, 1002},
		{"Close with 2000 and a reason", c, "\x88\x06\x07\xD0", ErrCloseCode, 1002},
		{"Close with a bad reason", c, "\x88\x06\x03\xE8ab\xFF", ErrCloseReason, 1007},
		{"Close with an incomplete reason", c, "\x88\x04\x03\xE8\xF0\x9F", ErrCloseReason, 1007},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := testStream(t, x.cfg, []byte(x.stream))
			if r.err != x.want || x.want.Code != x.code {
				t.Fatalf("got %v, want %v, close code %d", r.err, x.want, x.code)
			}
			if early := testStream(t, x.cfg, []byte(x.stream[:len(x.stream)-1])); early.err != nil {
				t.Fatalf("already without the last byte: %v", early.err)
			}
			// What comes after must not change the error.
			rest := strings.Repeat("\x00\xFF\x81", 5)
			if after := testStream(t, x.cfg, []byte(x.stream+rest)); !after.equal(r) {
				t.Fatalf("followed by more: %v", after)
			}
		})
	}
}

// Text that is whole in the read buffer is checked by other code than text in
// pieces; testStream runs both, this test makes sure of the error.
func TestInvalidTextInPlace(t *testing.T) {
	for _, text := range []string{"\xFF", "a\xC0\xAF", "\xED\xA0\x80", "ok\xE2\x82"} {
		stream := slices.Concat(fromPeer(server, Ping, "p"), fromPeer(server, Text, text))
		if r := testStream(t, server, stream); r.err != ErrInvalidUTF8 || len(r.events) != 1 {
			t.Errorf("%q: %v", text, r)
		}
		// A binary message may hold anything.
		if r := testStream(t, server, fromPeer(server, Binary, text)); r.err != nil || len(r.events) != 1 {
			t.Errorf("%q: %v", text, r)
		}
	}
}

// The fast path must accept only what check accepts, and all of it that is a
// message in one frame; check itself must agree with ws.CheckHeader.
func TestFastPathAgreesWithCheck(t *testing.T) {
	b := make([]byte, MaxHeaderSize+1<<16)
	for start := range 1 << 16 {
		startFrame(b, uint16(start))
		for _, role := range []Role{Server, Client} {
			for _, fragmented := range []bool{false, true} {
				d := NewDecoder(&Config{Role: role})
				if fragmented {
					d.message, d.frames, d.phase = Text, 1, inHeader
				}
				h, n, err := ParseHeader(b)
				if err != nil || n == 0 {
					t.Fatalf("%x: %d, %v", b[:2], n, err)
				}
				v := d.check(b[:n])
				theirs := ws.CheckHeader(h, d.state())
				closeOfOne := h.OpCode == Close && h.Length == 1
				if (v == nil) != (theirs == nil && !closeOfOne) {
					t.Fatalf("%x: check says %v, ws.CheckHeader %v", b[:2], v, theirs)
				}
				if fragmented {
					continue
				}
				_, end := wholeMessage(b, d.cfg)
				whole := v == nil && h.Fin && (h.OpCode == Text || h.OpCode == Binary)
				if (end != 0) != whole || whole && end != n+int(h.Length) {
					t.Fatalf("%x, role %d: fast path takes %d bytes, check says %v", b[:2], role, end, v)
				}
			}
		}
	}
}

// startFrame makes b start with the two bytes of v and the least length that
// they allow.
func startFrame(b []byte, v uint16) {
	clear(b[:MaxHeaderSize])
	binary.BigEndian.PutUint16(b, v)
	switch b[1] & lengthBits {
	case length16:
		b[3] = 126
	case length64:
		b[7] = 1
	}
}

func TestFastPathRefusesBadLengths(t *testing.T) {
	cfg := &Config{MaxMessage: 70000}
	room := make([]byte, 80000)
	for _, head := range []string{
		"\x82\xFE\x00\x7D",                         // not minimal
		"\x82\xFF\x00\x00\x00\x00\x00\x00\xFF\xFF", // not minimal
		"\x82\xFF\x80\x00\x00\x00\x00\x00\x00\x00", // top bit
		"\x82\xFF\x00\x00\x00\x00\x00\x01\x11\x71", // limit + 1
		"\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", // largest
	} {
		copy(room, head)
		if _, end := wholeMessage(room, cfg); end != 0 {
			t.Errorf("%x accepted", head)
		}
	}
	copy(room, "\x82\xFF\x00\x00\x00\x00\x00\x01\x11\x70")
	if start, end := wholeMessage(room, cfg); start != 14 || end != 70014 {
		t.Errorf("a message of the limit: %d, %d", start, end)
	}
	// A limit of all there is must not overflow.
	copy(room, "\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF")
	if _, end := wholeMessage(room, &Config{MaxMessage: int(^uint(0) >> 1)}); end != 0 {
		t.Error("a message of 2^63-1 bytes is said to be whole")
	}
}

// A rule that ws.CheckHeader may learn some day is still a protocol error.
func TestUnknownViolation(t *testing.T) {
	if v := violation(errors.New("new rule")); v.Code != CloseProtocolError || v.Reason != "new rule" {
		t.Errorf("%#v", v)
	}
}
