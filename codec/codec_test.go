package codec

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/sockeye-ws/sockeye/pool"
)

// Buffers that are given back are poisoned, except where that would be
// measured, and none may be missing at the end.
func TestMain(m *testing.M) {
	flag.Parse()
	pool.Debug(!benchmarking())
	code := m.Run()
	if n := pool.Lent(); n != 0 && code == 0 {
		fmt.Printf("%d buffers were not given back\n", n)
		code = 1
	}
	os.Exit(code)
}

// benchmarking tells that benchmarks alone are run, as with -run='^$'. Beside
// tests they pass too, but are slower, as buffers are poisoned.
func benchmarking() bool {
	return flag.Lookup("test.bench").Value.String() != "" && flag.Lookup("test.run").Value.String() != ""
}

type event struct {
	op      Opcode
	payload string
}

// result is what a decoder made of a stream.
type result struct {
	events []event
	err    error
	idle   bool
}

func (r result) equal(s result) bool {
	return slices.Equal(r.events, s.events) && r.err == s.err && r.idle == s.idle
}

func (r result) String() string {
	s := fmt.Sprintf("err %v, idle %v, %d events:", r.err, r.idle, len(r.events))
	for _, e := range r.events {
		s += fmt.Sprintf(" %d:%d bytes %.40q", e.op, len(e.payload), e.payload)
	}
	return s
}

// testStream is what every test of the decoder uses: it decodes stream whole,
// byte by byte, split in two and truncated at every length, in random pieces,
// with direct reads and with a tail. However it is fed, the decoder must do
// what the oracle does, which is returned.
func testStream(t testing.TB, cfg *Config, stream []byte) result {
	t.Helper()
	want := expected(cfg, stream)
	try := func(how string, stream []byte, want result, f feeder) {
		t.Helper()
		f.t, f.cfg = t, cfg
		if got := f.run(stream); !got.equal(want) {
			t.Fatalf("%s:\n got %v\nwant %v\nconfig %+v\nstream %.200x", how, got, want, *cfg, stream)
		}
	}
	try("whole", stream, want, feeder{next: all})
	try("whole, direct reads", stream, want, feeder{next: all, direct: true})
	try("byte by byte", stream, want, feeder{next: func(int) int { return 1 }})
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 1))
		next := func(left int) int { return 1 + rng.IntN(1+rng.IntN(min(left, 40<<10))) }
		try("random pieces", stream, want, feeder{next: next, direct: seed%2 == 1})
	}
	// Every length, but for long streams only thirty of them.
	step := 1 + len(stream)/2000*64
	if raceEnabled && len(stream) > 200 { // which makes this ten times slower
		step *= 5
	}
	for i := 0; i <= len(stream); i += step {
		try(fmt.Sprint("cut at ", i), stream, want, feeder{next: cutAt(i)})
		head := stream[:i]
		try(fmt.Sprint("truncated at ", i), head, expected(cfg, head), feeder{next: all})
	}
	tail := slices.Concat(stream, fromPeer(cfg, Ping, "tail"), fromPeer(cfg, Text, "tail"))
	try("with a tail", tail, expected(cfg, tail), feeder{next: all})
	return want
}

func all(left int) int { return left }

func cutAt(i int) func(int) int {
	first := true
	return func(left int) int {
		if first && i > 0 && i < left {
			first = false
			return i
		}
		return left
	}
}

// fromPeer encodes a frame as cfg's decoder expects it.
func fromPeer(cfg *Config, op Opcode, payload string) []byte {
	return fragmentFromPeer(cfg, op, true, payload)
}

func fragmentFromPeer(cfg *Config, op Opcode, fin bool, payload string) []byte {
	if cfg.Role == Client {
		return AppendFragment(nil, op, fin, []byte(payload))
	}
	return AppendMaskedFragment(nil, op, fin, []byte(payload), [4]byte{1, 0x82, 0xF3, 4})
}

// feeder feeds a stream to a decoder and checks what must hold at any time.
type feeder struct {
	t      testing.TB
	cfg    *Config
	next   func(left int) int // size of the next piece
	direct bool               // use Room where there is some
	d      Decoder
	result
}

func (f *feeder) run(stream []byte) result {
	lent := pool.Lent()
	f.d.Reset(f.cfg)
	for len(stream) > 0 {
		n := f.next(len(stream))
		if room := f.room(); room != nil {
			n = copy(room, stream[:n])
			f.filled(n)
		} else {
			f.piece(bytes.Clone(stream[:n]))
		}
		stream = stream[n:]
	}
	f.idle = f.d.Idle()
	if f.idle && (f.d.buf != nil || pool.Lent() != lent) {
		f.t.Fatal("an idle decoder holds a buffer")
	}
	f.d.Release()
	if pool.Lent() != lent {
		f.t.Fatalf("%d buffers lent after Release, %d before", pool.Lent(), lent)
	}
	return f.result
}

func (f *feeder) piece(b []byte) {
	for rest := b; len(rest) > 0; {
		op, payload, n, err := f.d.Next(rest)
		if n < 0 || n > len(rest) || (op == 0 || err != nil) && n != len(rest) {
			f.t.Fatalf("took %d of %d bytes, op %d, err %v", n, len(rest), op, err)
		}
		f.event(op, payload, err)
		rest = rest[n:]
	}
	pool.Scribble(b) // it was ours only until here
}

func (f *feeder) room() []byte {
	if !f.direct {
		return nil
	}
	room := f.d.Room()
	if room != nil && (len(room) == 0 || len(room) > f.d.lacking()) {
		f.t.Fatalf("room of %d bytes, %d missing", len(room), f.d.lacking())
	}
	return room
}

func (f *feeder) filled(n int) {
	op, payload, err := f.d.Filled(n)
	f.event(op, payload, err)
}

func (f *feeder) event(op Opcode, payload []byte, err error) {
	if f.err != nil && err != f.err {
		f.t.Fatalf("error %v after %v", err, f.err)
	}
	if err != nil && (op != 0 || payload != nil) {
		f.t.Fatalf("op %d, payload %q beside error %v", op, payload, err)
	}
	if cap(payload) != len(payload) {
		f.t.Fatal("appending to the payload would overwrite what follows")
	}
	f.err = err
	if op != 0 {
		f.events = append(f.events, event{op, string(payload)})
	}
	f.memory()
}

// memory checks that the decoder holds what it needs and no more.
func (f *feeder) memory() {
	b := f.d.buf
	switch {
	case b == nil:
	case f.d.phase == failed || f.d.phase == closed || f.d.phase == between:
		f.t.Fatalf("holds a buffer in phase %d", f.d.phase)
	case len(b.B) > f.cfg.maxMessage():
		f.t.Fatalf("keeps %d bytes, limit %d", len(b.B), f.cfg.maxMessage())
	case cap(b.B) > 4*len(b.B)+1024:
		f.t.Fatalf("holds %d bytes for %d received", cap(b.B), len(b.B))
	}
}

// assertNoAllocs fails if f allocates. AllocsPerRun calls it once before, to
// warm up.
func assertNoAllocs(t *testing.T, f func()) {
	t.Helper()
	if raceEnabled {
		return
	}
	if n := testing.AllocsPerRun(200, f); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
