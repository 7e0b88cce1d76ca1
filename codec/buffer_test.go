package codec

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/pool"
)

func TestRoomOnlyWithinLargeFrames(t *testing.T) {
	frame := fromPeer(server, Binary, strings.Repeat("x", 10000))
	d := NewDecoder(server)
	no := func(when string) {
		t.Helper()
		if room := d.Room(); room != nil {
			t.Fatalf("%s: room of %d bytes", when, len(room))
		}
		if _, _, err := d.Filled(1); err != ErrFilled {
			t.Fatalf("%s: Filled says %v", when, err)
		}
		if op, payload, err := d.Filled(0); op != 0 || payload != nil || err != nil {
			t.Fatalf("%s: Filled says %d, %q, %v", when, op, payload, err)
		}
	}
	no("at the start")
	d.Next(bytes.Clone(frame[:7]))
	no("in the header")
	d.Next(bytes.Clone(frame[7:8]))
	if room := d.Room(); len(room) != 1024 {
		t.Fatalf("after the header: room of %d bytes", len(room))
	}
	d.Next(bytes.Clone(frame[8:2008]))
	if room := d.Room(); len(room) == 0 || len(room) > 4*2000+1024-2000 {
		t.Fatalf("after 2000 bytes: room of %d bytes", len(room))
	}
	// Too little is free for a read to be worth it.
	d.Next(bytes.Clone(frame[2008:4008]))
	if room := d.Room(); len(room) != 6000 {
		t.Fatalf("after 4000 bytes: room of %d bytes", len(room))
	}
	d.Next(bytes.Clone(frame[4008 : 8+10000-4096]))
	if room := d.Room(); len(room) == 0 || len(room) > 4096 {
		t.Fatalf("4 KiB before the end: room of %d bytes", len(room))
	}
	d.Next([]byte{frame[8+10000-4096]})
	if room := d.Room(); room != nil {
		t.Fatalf("4095 bytes before the end: room of %d bytes", len(room))
	}
	d.Next(bytes.Clone(frame[8+10000-4095:]))
	no("after the message")
	d.Next(bytes.Clone(fragmentFromPeer(server, Text, false, strings.Repeat("x", 5000))))
	no("between fragments")
	d.Next([]byte("\x89\xFD\x00\x00\x00\x00ping"))
	no("in a Ping")
	d.Next(append(make([]byte, 121), fromPeer(server, Close, "")...))
	d.Next(fromPeer(server, Close, ""))
	no("after a Close")
}

func TestFilledChecksItsCount(t *testing.T) {
	d := NewDecoder(client)
	defer d.Release()
	d.Next(fromPeer(client, Text, strings.Repeat("a", 8000))[:10])
	room := d.Room()
	for _, n := range []int{-1, len(room) + 1, 8000} {
		if _, _, err := d.Filled(n); err != ErrFilled {
			t.Errorf("Filled(%d): %v", n, err)
		}
	}
	// Nothing has changed.
	copy(room, "bc")
	if _, _, err := d.Filled(2); err != nil || string(d.buf.B) != "aaaaaabc" {
		t.Errorf("%q, %v", d.buf.B, err)
	}
}

func TestFilledFailsAsNextDoes(t *testing.T) {
	d := NewDecoder(client)
	d.Next(fromPeer(client, Text, strings.Repeat("a", 8000))[:10])
	copy(d.Room(), "ok\xFF")
	if _, _, err := d.Filled(2); err != nil {
		t.Fatal(err)
	}
	copy(d.Room(), "\xFF")
	before := pool.Lent()
	if _, _, err := d.Filled(1); err != ErrInvalidUTF8 || pool.Lent() != before-1 {
		t.Fatal(err)
	}
	if _, _, _, err := d.Next([]byte("x")); err != ErrInvalidUTF8 {
		t.Fatal(err)
	}
}

// A message may come by direct reads, by Next, or by both, with fragments and
// Pings between.
func TestDirectReads(t *testing.T) {
	for _, cfg := range []*Config{server, client} {
		text := strings.Repeat("aé€😀", 3000)
		stream := slices.Concat(
			fragmentFromPeer(cfg, Text, false, text[:20001]),
			fromPeer(cfg, Ping, "between"),
			fragmentFromPeer(cfg, Continuation, true, text[20001:]),
			fromPeer(cfg, Text, "next"),
		)
		r := testStream(t, cfg, stream)
		want := []event{{Ping, "between"}, {Text, text}, {Text, "next"}}
		if r.err != nil || !slices.Equal(r.events, want) {
			t.Fatal(r)
		}
	}
}

// copies counts the bytes that a decoder copies from one of its buffers to the
// next while it decodes a stream in pieces.
func copies(t *testing.T, cfg *Config, stream []byte, piece int, direct bool) (copied int) {
	d := NewDecoder(cfg)
	defer d.Release()
	size, room := 0, 0
	grown := func() {
		if d.buf != nil && cap(d.buf.B) != room {
			copied += size
			room = cap(d.buf.B)
		}
		size = d.size()
	}
	for len(stream) > 0 {
		n := min(piece, len(stream))
		r := []byte(nil)
		if direct {
			r = d.Room()
			grown()
		}
		if r != nil {
			n = copy(r, stream[:n])
			d.Filled(n)
		} else if _, _, k, err := d.Next(bytes.Clone(stream[:n])); err != nil {
			t.Fatal(err)
		} else {
			n = k
		}
		grown()
		stream = stream[n:]
	}
	return copied
}

// Reassembly is linear, however small the pieces are.
func TestCopiesAreFew(t *testing.T) {
	mebi := fromPeer(server, Binary, strings.Repeat("x", 1<<20))
	for _, x := range []struct {
		name   string
		stream []byte
		piece  int
		direct bool
	}{
		{"64 KiB each", mebi, 64 << 10, false},
		{"64 KiB each, direct", mebi, 64 << 10, true},
		{"10 KB each", mebi, 10_000, false},
		{"10 KB each, direct", mebi, 10_000, true},
		{"1460 bytes each", mebi, 1460, false},
		{"1460 bytes each, direct", mebi, 1460, true},
		{"100 bytes each, direct", mebi, 100, true},
		{"16,384 fragments of 64 bytes", fragments(server, Binary, 16384, 64), 1000, false},
	} {
		copied := copies(t, server, x.stream, x.piece, x.direct)
		if x.direct {
			copied += x.piece // the first one
		}
		if copied > 35<<20/100 {
			t.Errorf("%s: %d bytes copied", x.name, copied)
		}
	}
	// Short of the limit the next step's copy may have been for little.
	if copied := copies(t, server, fragments(server, Text, 65536, 1), 1000, false); copied > 2*65536 {
		t.Errorf("65,536 fragments of 1 byte: %d bytes copied", copied)
	}
}

// A declared length alone must not cost memory.
func TestMemoryFollowsReceivedBytes(t *testing.T) {
	cfg := &Config{MaxMessage: 1 << 30}
	head := AppendHeader(nil, Header{Fin: true, OpCode: Binary, Masked: true, Length: 1 << 30})
	for _, received := range []int{0, 1, 255, 256, 3000, 5000, 70000, 1 << 20, 5 << 20} {
		d := NewDecoder(cfg)
		d.Next(slices.Concat(head, make([]byte, received)))
		for range 2 {
			if d.buf != nil && cap(d.buf.B) > 4*received+1024 {
				t.Errorf("%d bytes received, %d held", received, cap(d.buf.B))
			}
			d.Room()
		}
		d.Release()
	}
}

// Nor may a buffer be larger than the message, or be replaced without need.
func TestBufferFitsTheMessage(t *testing.T) {
	frame := fromPeer(client, Binary, strings.Repeat("x", 512))
	d := NewDecoder(client)
	defer d.Release()
	d.Next(bytes.Clone(frame[:400]))
	first := d.buf
	d.Next(bytes.Clone(frame[400:]))
	if d.buf != first || cap(first.B) != 512 {
		t.Fatalf("%d bytes held, then %d", cap(first.B), cap(d.buf.B))
	}
	d.Next(bytes.Clone(frame[:100]))
	if cap(d.buf.B) != 512 {
		t.Fatalf("%d bytes held", cap(d.buf.B))
	}
}

func TestCapacity(t *testing.T) {
	for _, x := range []struct{ received, most, want int }{
		{0, 1 << 20, 1024},
		{1, 100, 100},
		{1, 1, 1},
		{256, 1 << 20, 1024},
		{768, 1 << 20, 4096},
		{1024, 1 << 20, 4096},
		{3000, 5000, 5000},
		{10_000, 1 << 20, 16 << 10},
		{64 << 10, 1 << 20, 256 << 10},
		{256 << 10, 1 << 20, 1 << 20},
		{256<<10 - 256, 1 << 20, 1 << 20},
		{256<<10 - 257, 1 << 20, 256 << 10},
		{1 << 20, 1 << 20, 1 << 20},
		{4 << 20, 100 << 20, 8 << 20},
		{5, math.MaxInt, 512},
	} {
		if got := capacity(x.received, x.most); got != x.want {
			t.Errorf("%d of %d: %d, want %d", x.received, x.most, got, x.want)
		}
	}
	for received := 0; received < 1<<20; received += 1 + received/5 {
		for _, most := range []int{received, received + 1, 2 * received, 4*received + 1000, 1 << 22} {
			b := pool.Get(capacity(received, most))
			held := cap(b.B)
			pool.Put(b)
			if held < received || held > 4*received+spare || held > max(256, 2*most) {
				t.Fatalf("%d of %d received: holds %d", received, most, held)
			}
		}
	}
}

// With Room the whole message is where it was read to: the buffer is the payload.
func TestDirectReadIsDelivered(t *testing.T) {
	for _, size := range []int{5000, 1 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			payload := strings.Repeat("x", size)
			stream := fromPeer(client, Binary, payload)
			d := NewDecoder(client)
			n := 600
			d.Next(bytes.Clone(stream[:n]))
			for room := d.Room(); room != nil; room = d.Room() {
				k := copy(room, stream[n:])
				n += k
				op, p, err := d.Filled(k)
				if err != nil {
					t.Fatal(err)
				}
				if op != 0 && (n != len(stream) || string(p) != payload || &p[0] != &d.buf.B[0]) {
					t.Fatalf("after %d of %d bytes: op %d, %d bytes", n, len(stream), op, len(p))
				}
			}
			if _, _, _, err := d.Next(bytes.Clone(stream[n:])); err != nil || !d.Idle() {
				t.Fatal(err)
			}
		})
	}
}
