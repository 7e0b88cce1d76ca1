package codec

import (
	"bytes"
	"compress/flate"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/pool"
)

// deflating is a connection with permessage-deflate.
type deflating struct {
	Config
	bits int // of the window kept between messages, or 0
}

var deflateServer = &deflating{Config: Config{Deflate: true}}

// testDeflated is testStream for connections with permessage-deflate. It
// returns what the oracle says.
func testDeflated(t testing.TB, c *deflating, stream []byte) result {
	t.Helper()
	want, _ := expectedDeflate(&c.Config, c.bits, stream)
	whole := c.agree(t, stream)
	try := func(how string, next func(int) int) {
		t.Helper()
		if got := c.feed(t, stream, next); !got.equal(whole) {
			t.Fatalf("%s:\n got %v\nwant %v\nconfig %+v\nstream %.200x", how, got, whole, c.Config, stream)
		}
	}
	if len(stream) < 5000 {
		try("byte by byte", func(int) int { return 1 })
	}
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 1))
		try("random pieces", func(left int) int { return 1 + rng.IntN(min(left, max(4<<(4*seed), len(stream)/500))) })
	}
	// Every length, but for long streams only some of them.
	step := 1 + len(stream)/120*8
	if raceEnabled { // see testStream
		step *= 5
	}
	for i := 0; i <= len(stream); i += step {
		try(fmt.Sprint("cut at ", i), cutAt(i))
		c.agree(t, stream[:i])
	}
	c.agree(t, slices.Concat(stream, fromPeer(&c.Config, Ping, "tail"), fromPeer(&c.Config, Text, "tail")))
	return want
}

// agree decodes a stream whole, which must give what the oracle says.
func (c *deflating) agree(t testing.TB, stream []byte) result {
	t.Helper()
	got := c.feed(t, stream, all)
	want, early := expectedDeflate(&c.Config, c.bits, stream)
	if !got.equal(want) && !slices.ContainsFunc(early, got.equal) {
		t.Fatalf("\n got %v\nwant %v\nor one of %v\nconfig %+v\nstream of %d bytes %.200x", got, want, early, c.Config, len(stream), stream)
	}
	return got
}

// feed decodes a stream in pieces, and checks what must hold at any time.
func (c *deflating) feed(t testing.TB, stream []byte, next func(left int) int) (r result) {
	t.Helper()
	lent, cfg := pool.Lent(), c.Config
	if c.bits > 0 {
		cfg.History = NewHistory(c.bits)
	}
	d := NewDecoder(&cfg)
	for len(stream) > 0 {
		n := next(len(stream))
		b := bytes.Clone(stream[:n])
		for rest := b; len(rest) > 0; {
			had := d.size()
			if d.phase == delivered {
				had = 0
			}
			op, payload, n, err := d.Next(rest)
			if n <= 0 || n > len(rest) || err != nil && n != len(rest) {
				t.Fatalf("took %d of %d bytes, op %d, err %v", n, len(rest), op, err)
			}
			if r.err != nil && err != r.err || err != nil && (op != 0 || payload != nil) {
				t.Fatalf("op %d, payload %q, err %v after %v", op, payload, err, r.err)
			}
			if op != 0 {
				r.events = append(r.events, event{op, string(payload)})
			}
			r.err = err
			checkTurn(t, d, op, had, n, len(rest))
			checkHeld(t, d, len(rest))
			rest = rest[n:]
		}
		pool.Scribble(b)
		stream = stream[n:]
	}
	r.idle = d.Idle()
	if r.idle && d.Held() != 0 {
		t.Fatal("an idle decoder holds something")
	}
	d.Release()
	cfg.History.Release()
	if pool.Lent() != lent {
		t.Fatalf("%d buffers lent at the end, %d before", pool.Lent(), lent)
	}
	return r
}

// checkTurn checks what a call may do, and that it ends early for no other
// reason than that it has.
func checkTurn(t testing.TB, d *Decoder, op Opcode, had, n, of int) {
	t.Helper()
	const overshoot = 16 << 10
	made := d.size() - had
	switch {
	case d.tables == nil && op.IsControl():
	case made > turnOut+overshoot && d.deflated:
		t.Fatalf("gave %d bytes in one call", made)
	case op == 0 && n < of && !d.deflated:
		t.Fatalf("took %d of %d bytes", n, of)
	case op == 0 && n < of && d.tables.turn > 0:
		t.Fatalf("took %d of %d bytes, gave %d", n, of, made)
	}
}

// checkHeld checks that the decoder, which has just been given so many bytes,
// holds what it needs and no more.
func checkHeld(t testing.TB, d *Decoder, given int) {
	t.Helper()
	incomplete := d.phase == inHeader || d.phase == inPayload
	if d.tables != nil && !incomplete {
		t.Fatalf("holds tables in phase %d", d.phase)
	}
	if d.buf == nil {
		return
	}
	received := len(d.buf.B)
	if d.tables != nil {
		received = max(received, d.tables.received+given)
	}
	switch held := cap(d.buf.B); {
	case !incomplete && d.phase != delivered:
		t.Fatalf("holds a buffer in phase %d", d.phase)
	case len(d.buf.B) > d.cfg.maxMessage():
		t.Fatalf("keeps %d bytes, limit %d", len(d.buf.B), d.cfg.maxMessage())
	case incomplete && held > 4*received+1024:
		t.Fatalf("holds %d bytes for %d, %d of them inflated", held, received, len(d.buf.B))
	}
}

// compressed compresses a message, without its last four bytes.
func compressed(t testing.TB, level int, text, history string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriterDict(&b, level, []byte(history))
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte(text))
	w.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

// frame encodes a frame with RSV1 as c's decoder expects it.
func (c *deflating) frame(op Opcode, fin bool, payload string) []byte {
	b := fragmentFromPeer(&c.Config, op, fin, payload)
	b[0] |= rsv1 << 4
	return b
}

// fragments encodes a compressed message in fragments of size bytes, with a
// Ping before each but the first.
func (c *deflating) fragments(op Opcode, payload string, size int) []byte {
	stream := c.frame(op, false, payload[:min(size, len(payload))])
	for rest := payload[min(size, len(payload)):]; ; rest = rest[min(size, len(rest)):] {
		stream = append(stream, fromPeer(&c.Config, Ping, fmt.Sprint(len(rest)))...)
		stream = append(stream, fragmentFromPeer(&c.Config, Continuation, len(rest) <= size, rest[:min(size, len(rest))])...)
		if len(rest) <= size {
			return stream
		}
	}
}
