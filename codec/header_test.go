package codec

import (
	"bytes"
	"math"
	"testing"
)

var lengths = []int64{0, 1, 125, 126, 127, 255, 256, 65535, 65536, 65537, 1 << 31, math.MaxInt64}

func TestHeaderRoundTrip(t *testing.T) {
	for first := range 256 {
		for _, length := range lengths {
			for _, masked := range []bool{false, true} {
				h := Header{
					Fin:    first&0x80 != 0,
					Rsv:    byte(first >> 4 & 7),
					OpCode: Opcode(first & 15),
					Masked: masked,
					Length: length,
				}
				if masked {
					h.Mask = [4]byte{1, 2, 3, 255}
				}
				testHeader(t, h)
			}
		}
	}
}

func testHeader(t *testing.T, h Header) {
	t.Helper()
	b := AppendHeader([]byte("before"), h)
	if !bytes.HasPrefix(b, []byte("before")) {
		t.Fatalf("%+v: not appended", h)
	}
	b = b[len("before"):]
	if h.Length <= math.MaxInt && len(b) != HeaderSize(int(h.Length), h.Masked) {
		t.Fatalf("%+v: %d bytes, HeaderSize says %d", h, len(b), HeaderSize(int(h.Length), h.Masked))
	}
	if len(b) > MaxHeaderSize {
		t.Fatalf("%+v: %d bytes", h, len(b))
	}
	for i := range b {
		if got, n, err := ParseHeader(b[:i:i]); n != 0 || err != nil || got != (Header{}) {
			t.Fatalf("%d of %d bytes of %+v: %+v, %d, %v", i, len(b), h, got, n, err)
		}
	}
	if got, n, err := ParseHeader(append(b, "tail"...)); n != len(b) || err != nil || got != h {
		t.Fatalf("%+v: parsed %+v, %d, %v", h, got, n, err)
	}
}

func TestHeaderBytes(t *testing.T) {
	for _, c := range []struct {
		h    Header
		want string
	}{
		{Header{}, "\x00\x00"},
		{Header{Fin: true, OpCode: Text, Length: 5}, "\x81\x05"},
		{Header{OpCode: Text, Length: 3}, "\x01\x03"},
		{Header{Fin: true, Rsv: 4, OpCode: Binary}, "\xC2\x00"},
		{Header{Fin: true, Rsv: 1, OpCode: Pong, Length: 125}, "\x9A\x7D"},
		{Header{Fin: true, OpCode: Binary, Length: 256}, "\x82\x7E\x01\x00"},
		{Header{Fin: true, OpCode: Binary, Length: 65536}, "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"},
		{Header{Fin: true, OpCode: Ping, Masked: true, Mask: [4]byte{9, 8, 7, 6}, Length: 126}, "\x89\xFE\x00\x7E\x09\x08\x07\x06"},
	} {
		if got := AppendHeader(nil, c.h); string(got) != c.want {
			t.Errorf("%+v: %x, want %x", c.h, got, c.want)
		}
	}
}

func TestParseHeaderErrors(t *testing.T) {
	for _, c := range []struct {
		b    string
		want error
	}{
		{"\x82\x7E\x00\x7D", ErrLengthNotMinimal},
		{"\x82\xFE\x00\x00", ErrLengthNotMinimal},
		{"\x82\x7F\x00\x00\x00\x00\x00\x00", ErrLengthNotMinimal},
		{"\x82\x7F\x00\x00\x00\x00\x00\x00\xFF\xFF", ErrLengthNotMinimal},
		{"\x82\x7F\x80", ErrLengthTopBit},
		{"\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", ErrLengthTopBit},
	} {
		h, n, err := ParseHeader([]byte(c.b))
		if err != c.want || n != 0 || h != (Header{}) {
			t.Errorf("%x: %+v, %d, %v, want %v", c.b, h, n, err, c.want)
		}
		// The last byte is the one that tells.
		if _, _, err := ParseHeader([]byte(c.b[:2])); err != nil {
			t.Errorf("%x: %v", c.b[:2], err)
		}
	}
}
