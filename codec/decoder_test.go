package codec

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/sockeye-ws/sockeye/pool"
)

var (
	server = &Config{}
	client = &Config{Role: Client}
)

func TestMessages(t *testing.T) {
	for _, cfg := range []*Config{server, client} {
		for _, size := range []int{0, 1, 2, 15, 16, 17, 125, 126, 127, 300, 65535, 65536} {
			payload := strings.Repeat("aé€😀", size/10+1)[:size]
			stream := slices.Concat(fromPeer(cfg, Binary, payload), fromPeer(cfg, Binary, "next"))
			r := testStream(t, cfg, stream)
			want := []event{{Binary, payload}, {Binary, "next"}}
			if r.err != nil || !slices.Equal(r.events, want) {
				t.Fatalf("%d bytes: %v", size, r)
			}
		}
	}
}

func TestNothingAfterClose(t *testing.T) {
	for _, cfg := range []*Config{server, client} {
		for _, payload := range []string{"", "\x03\xE8", "\x03\xE9bye, grüß dich", "\x0F\xA0" + strings.Repeat("r", 123)} {
			stream := slices.Concat(fromPeer(cfg, Text, "a"), fromPeer(cfg, Close, payload))
			garbage := slices.Concat(stream, fromPeer(cfg, Text, "b"), []byte("\xFF\xFF\xFF\xFF"))
			r := testStream(t, cfg, garbage)
			want := []event{{Text, "a"}, {Close, payload}}
			if r.err != nil || r.idle || !slices.Equal(r.events, want) {
				t.Fatalf("%q: %v", payload, r)
			}
		}
	}
}

// A Close may come between fragments; what was kept of the message is dropped.
func TestCloseWithinMessage(t *testing.T) {
	stream := slices.Concat(fragmentFromPeer(server, Text, false, "abc"), fromPeer(server, Close, ""))
	if r := testStream(t, server, stream); r.err != nil || !slices.Equal(r.events, []event{{Close, ""}}) {
		t.Fatal(r)
	}
}

func TestErrorIsForever(t *testing.T) {
	d := NewDecoder(client)
	if _, _, n, err := d.Next([]byte("\x81\x01a\x83rest")); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	for _, b := range []string{"\x83rest", "\x81\x01a", ""} {
		op, payload, n, err := d.Next([]byte(b))
		if op != 0 || payload != nil || n != len(b) || err != ErrReservedOpcode {
			t.Fatalf("%q: %d, %q, %d, %v", b, op, payload, n, err)
		}
	}
	if _, _, err := d.Filled(0); err != ErrReservedOpcode || d.Room() != nil || d.Idle() {
		t.Fatal("the error is forgotten")
	}
	d.Reset(client)
	if _, payload, _, err := d.Next([]byte("\x81\x01a")); string(payload) != "a" || err != nil {
		t.Fatal("the error outlives Reset")
	}
}

// Whatever state a decoder is in, Reset makes it like new.
func TestReset(t *testing.T) {
	big := string(fromPeer(server, Binary, strings.Repeat("x", 9000)))
	text := string(fragmentFromPeer(server, Text, false, "€"))
	states := map[string]string{
		"fresh":                    "",
		"between messages":         string(fromPeer(server, Text, "abc")),
		"in a header":              "\x81\xFE\x01",
		"in a payload":             big[:5000],
		"in a text":                text[:len(text)-1],
		"between fragments":        text,
		"header between fragments": text + "\x80\x83\x00",
		"in a Ping":                text + "\x89\x83\x00\x00\x00\x00a",
		"closed":                   text + string(fromPeer(server, Close, "")),
		"failed":                   text + "\xFF",
		"delivered":                big[:10] + "|" + big[10:],
	}
	for name, stream := range states {
		t.Run(name, func(t *testing.T) {
			before := pool.Lent()
			d := NewDecoder(client)
			for range 2 {
				d.Reset(server)
				for _, piece := range strings.Split(stream, "|") {
					d.Next([]byte(piece))
				}
			}
			d.Reset(client)
			if !d.Idle() || pool.Lent() != before {
				t.Fatalf("idle %v, %d buffers lent", d.Idle(), pool.Lent()-before)
			}
			op, payload, _, err := d.Next([]byte("\x81\x02ab"))
			if op != Text || string(payload) != "ab" || err != nil {
				t.Fatal(op, payload, err)
			}
		})
	}
}

func TestIdle(t *testing.T) {
	d := NewDecoder(server)
	stream := fromPeer(server, Text, "ab")
	for i, c := range stream[:len(stream)-1] {
		if d.Next([]byte{c}); d.Idle() {
			t.Fatalf("idle after %d bytes", i+1)
		}
	}
	// The message is delivered from the decoder's buffer, and Idle ends its
	// life: an idle decoder can be dropped.
	before := pool.Lent()
	op, payload, _, _ := d.Next(stream[len(stream)-1:])
	if op != Text || string(payload) != "ab" || pool.Lent() != before {
		t.Fatal(op, payload)
	}
	if !d.Idle() || pool.Lent() != before-1 {
		t.Fatal("the buffer was not given back")
	}
	if string(payload) == "ab" {
		t.Fatal("the payload survives")
	}
}

func TestWholeFrameStaysInPlace(t *testing.T) {
	for _, cfg := range []*Config{server, client} {
		for _, op := range []Opcode{Text, Binary, Ping, Pong, Close} {
			payload := "\x03\xE8in place"
			if op == Text {
				payload = "in place"
			}
			b := fromPeer(cfg, op, payload)
			d := NewDecoder(cfg)
			_, got, n, err := d.Next(b)
			if err != nil || n != len(b) || string(got) != payload {
				t.Fatalf("op %d: %q, %d, %v", op, got, n, err)
			}
			if &got[0] != &b[len(b)-len(payload)] {
				t.Errorf("op %d was copied", op)
			}
		}
	}
}

// Empty fragments do not make a decoder keep what comes whole.
func TestLastFragmentStaysInPlace(t *testing.T) {
	before := pool.Lent()
	d := NewDecoder(client)
	b := []byte("\x01\x00\x00\x00\x89\x01p\x80\x03abc")
	if op, payload, n, _ := d.Next(b); op != Ping || string(payload) != "p" || n != 7 {
		t.Fatal(op, payload, n)
	}
	op, payload, _, err := d.Next(b[7:])
	if op != Text || string(payload) != "abc" || err != nil || &payload[0] != &b[9] || pool.Lent() != before {
		t.Fatalf("%d, %q, %v", op, payload, err)
	}
	if !d.Idle() {
		t.Fatal("not idle")
	}
}

func TestEmptyInput(t *testing.T) {
	d := NewDecoder(server)
	for _, piece := range []string{"", "\x81", "", "\x81", "\x01\x02\x03\x04", ""} {
		if op, payload, n, err := d.Next([]byte(piece)); op != 0 || payload != nil || n != len(piece) || err != nil {
			t.Fatal(op, payload, n, err)
		}
	}
	if op, payload, _, _ := d.Next([]byte{'a' ^ 1}); op != Text || string(payload) != "a" {
		t.Fatal(op, payload)
	}
	if op, _, n, err := d.Next(nil); op != 0 || n != 0 || err != nil {
		t.Fatal(op, n, err)
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	long := strings.Repeat("é", 5000)
	for name, stream := range map[string][]byte{
		"small":      maskedZero(Text, "grüß dich"),
		"large":      maskedZero(Text, long),
		"ping":       maskedZero(Ping, "ping"),
		"close":      maskedZero(Close, "\x03\xE8grüß dich"),
		"fragmented": zeroMask(fragments(server, Binary, 20, 100)),
	} {
		d := NewDecoder(server)
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{len(stream), 1000, 7} {
				assertNoAllocs(t, func() {
					d.Reset(server)
					for rest := stream; len(rest) > 0; {
						_, _, n, err := d.Next(rest[:min(size, len(rest))])
						if err != nil {
							t.Fatal(err)
						}
						rest = rest[n:]
					}
					d.Reset(server)
				})
			}
		})
	}
}

// zeroMask replaces the masks in a stream, so that decoding in place leaves it
// as it is. The payloads become what they were masked.
func zeroMask(stream []byte) []byte {
	for rest := stream; len(rest) > 0; {
		h, n, _ := ParseHeader(rest)
		clear(rest[n-maskSize : n])
		rest = rest[n+int(h.Length):]
	}
	return stream
}

// Every connection in the middle of a message has one.
func TestDecoderIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Decoder{}); size > 200 {
		t.Errorf("a Decoder has %d bytes", size)
	}
}

func TestPayloadCannotGrowIntoTheNextFrame(t *testing.T) {
	b := slices.Concat(fromPeer(server, Text, "ab"), fromPeer(server, Text, "cd"))
	d := NewDecoder(server)
	_, payload, n, _ := d.Next(b)
	_ = append(payload, "overwritten"...)
	if _, payload, _, err := d.Next(b[n:]); string(payload) != "cd" || err != nil {
		t.Fatalf("%q, %v", payload, err)
	}
	if !bytes.Contains(b, []byte("cd")) {
		t.Fatal("not decoded in place")
	}
}

func TestHeld(t *testing.T) {
	d := NewDecoder(&Config{})
	if n := d.Held(); n != 0 {
		t.Errorf("%d bytes held for nothing", n)
	}
	whole := AppendMaskedFrame(nil, Binary, make([]byte, 3000), [4]byte{1, 2, 3, 4})
	d.Next(whole[:2000])
	if n := d.Held(); n < 1900 || n > 4096 {
		t.Errorf("%d bytes held for 2000", n)
	}
	d.Release()
}
