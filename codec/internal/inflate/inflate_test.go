package inflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// result is what a stream gives.
type result struct {
	out     []byte
	corrupt bool
	between bool // ends between blocks
}

func (r result) equal(s result) bool {
	return bytes.Equal(r.out, s.out) && r.corrupt == s.corrupt && r.between == s.between
}

// testStream is what every test uses: it decodes a stream whole, byte by byte,
// split in two and truncated at every length, in random pieces, and with room
// for one byte of output at a time. All must give the same, and what
// compress/flate makes of it, which is returned.
func testStream(t testing.TB, stream, history []byte) result {
	t.Helper()
	want := feeder{t: t, history: history}.run(stream)
	try := func(how string, f feeder) {
		t.Helper()
		f.t, f.history = t, history
		if got := f.run(stream); !got.equal(want) {
			differ(t, how, stream, got, want)
		}
	}
	try("byte by byte", feeder{in: always(1)})
	try("room for one byte", feeder{room: always(1)})
	try("one byte in, one out", feeder{in: always(1), room: always(1)})
	try("a block at a time", feeder{patience: always(1)})
	try("a block at a time, one byte out", feeder{patience: always(1), room: always(1)})
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 2))
		upTo := func(n int) func() int { return func() int { return 1 + rng.IntN(n) } }
		try("random pieces", feeder{in: upTo(1 << (2 * seed))})
		try("random pieces and room", feeder{in: upTo(300), room: upTo(1 << (2 * seed))})
	}
	// Every length, but for long streams only some of them.
	step := 1 + len(stream)/300*40
	if raceEnabled {
		step *= 5
	}
	for i := 0; i <= len(stream); i += step {
		try("cut", feeder{in: cutAt(i)})
		compare(t, stream[:i], history, feeder{t: t, history: history}.run(stream[:i]))
	}
	compare(t, stream, history, want)
	return want
}

func differ(t testing.TB, how string, stream []byte, got, want result) {
	t.Helper()
	at := 0
	for at < min(len(got.out), len(want.out)) && got.out[at] == want.out[at] {
		at++
	}
	t.Fatalf("%s: %d bytes, corrupt %v, between %v; want %d bytes, %v, %v; same up to %d; stream of %d bytes %.100x",
		how, len(got.out), got.corrupt, got.between, len(want.out), want.corrupt, want.between, at, len(stream), stream)
}

func always(n int) func() int { return func() int { return n } }

func cutAt(i int) func() int {
	first := true
	return func() int {
		if first && i > 0 {
			first = false
			return i
		}
		return 1 << 30
	}
}

// feeder feeds a stream to an Inflater. A nil function stands for all there is.
type feeder struct {
	t        testing.TB
	history  []byte
	in, room func() int
	patience func() int
}

// most ends streams that expand without end in fuzz tests.
const most = 1 << 20

func (f feeder) run(stream []byte) result {
	var z Inflater
	poison(&z)
	z.Reset()
	var out []byte
	for {
		piece := stream
		if f.in != nil {
			piece = stream[:min(len(stream), f.in())]
		}
		stream = stream[len(piece):]
		var s Status
		if out, s = f.feed(&z, out, piece); s == Corrupt || len(stream) == 0 || len(out) == most {
			if len(out) == most {
				return result{out: out}
			}
			return result{out, s == Corrupt, s == More && z.Between()}
		}
	}
}

// poison fills what Reset leaves alone.
func poison(z *Inflater) {
	for i := range z.ownLiterals {
		z.ownLiterals[i] = 0xDEADBEEF
	}
	for i := range z.ownDistances {
		z.ownDistances[i] = 0xDEADBEEF
	}
	z.lengths.have, z.distance, z.left, z.bits, z.n, z.step = 99, 99, 99, 99, 7, nothing
}

// feed decodes a piece of the stream, moving the output for each call.
func (f feeder) feed(z *Inflater, out, piece []byte) ([]byte, Status) {
	piece = bytes.Clone(piece)
	for {
		room := 700
		if f.room != nil {
			room = f.room()
		}
		room = min(room, most-len(out))
		if len(out)+room > cap(out) || len(out) < 300 {
			out = append(make([]byte, 0, 2*len(out)+room), out...)
		}
		if f.patience != nil {
			z.Patience = f.patience()
		}
		more, n, s := z.Inflate(out[:len(out):len(out)+room], piece, f.history)
		f.check(out, more, room, piece, n, s)
		out, piece = out[:len(more)], piece[n:]
		if s != Full && s != Tired || len(out) == most {
			return out, s
		}
	}
}

func (f feeder) check(out, more []byte, room int, piece []byte, n int, s Status) {
	switch {
	case s != More && s != Full && s != Corrupt && (s != Tired || f.patience == nil):
		f.t.Fatal("status", s)
	case s == Tired && n == len(piece):
		f.t.Fatal("tired with nothing left")
	case n < 0 || n > len(piece) || s != Full && s != Tired && n != len(piece):
		f.t.Fatalf("took %d of %d bytes, status %d", n, len(piece), s)
	case len(more) < len(out) || len(more) > len(out)+room || s == Full && len(more) < len(out)+room:
		f.t.Fatalf("%d bytes of output after %d, room %d, status %d", len(more), len(out), room, s)
	}
}

// compare compares with compress/flate.
func compare(t testing.TB, stream, history []byte, got result) {
	t.Helper()
	if want := oracle(stream, history, got); !got.equal(want) {
		differ(t, "beside compress/flate", stream, got, want)
	}
}

// oracle gives what compress/flate makes of a stream, with a new reader after
// each block with BFINAL.
//
// It may wait for more bits than the next code takes, 15 of them, so that at the
// end of a truncated stream it knows less: it must then agree with what was got as soon
// as more bits come, whichever they are.
func oracle(stream, history []byte, got result) result {
	want, truncated := inflateAll(stream, history)
	if !truncated || got.equal(want) {
		return want
	}
	zeros, _ := inflateAll(slices.Concat(stream, []byte{0, 0}), history)
	ones, _ := inflateAll(slices.Concat(stream, []byte{0xFF, 0xFF}), history)
	same := commonPrefix(zeros.out, ones.out)
	if !bytes.HasPrefix(got.out, want.out) || !bytes.HasPrefix(same, got.out) {
		return want
	}
	return result{got.out, zeros.corrupt && ones.corrupt && got.corrupt, false}
}

func commonPrefix(a, b []byte) []byte {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

func inflateAll(stream, history []byte) (r result, truncated bool) {
	for {
		window := slices.Concat(history, r.out)
		window = window[max(0, len(window)-32768):]
		out, left, err := inflateOne(stream, window, most-len(r.out))
		r.out = append(r.out, out...)
		var corrupt flate.CorruptInputError
		switch {
		case len(r.out) == most:
			return r, false
		case errors.As(err, &corrupt):
			r.corrupt = true
			return r, false
		case err != nil:
			// An end between blocks is one where a last block fits on.
			more, left, err := inflateOne(slices.Concat(stream, []byte{1, 0, 0, 0xFF, 0xFF}), window, most)
			r.between = err == nil && left == 0 && len(more) == len(out)
			return r, !r.between
		case left == 0:
			r.between = true
			return r, false
		}
		stream = stream[len(stream)-left:]
	}
}

// inflateOne decodes up to the end of a block with BFINAL. It returns how many
// bytes are left behind that.
func inflateOne(stream, window []byte, limit int) (out []byte, left int, err error) {
	in := bytes.NewReader(stream)
	zr := readers.Get().(io.ReadCloser)
	defer readers.Put(zr)
	zr.(flate.Resetter).Reset(in, window)
	out, err = io.ReadAll(io.LimitReader(zr, int64(limit)))
	return out, in.Len(), err
}

var readers = sync.Pool{New: func() any { return flate.NewReader(nil) }}
