package inflate

import (
	"compress/flate"
	"math/rand/v2"
	"testing"
)

// FuzzInflate wants of any bytes, of compressed ones, and of compressed ones
// with some bits changed, what compress/flate makes of them.
func FuzzInflate(f *testing.F) {
	for _, c := range handmadeStreams() {
		f.Add(c.stream, []byte(c.history), uint8(0), uint64(0))
	}
	for i, text := range []string{"Hello", "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", jsonText(700)} {
		for kind := range uint8(2 * kinds) {
			f.Add([]byte(text), []byte(jsonText(300)), kind, uint64(i))
		}
	}
	f.Fuzz(func(t *testing.T, data, history []byte, kind uint8, seed uint64) {
		history = history[:min(len(history), 32768)]
		stream := data[:min(len(data), 4000)]
		if kind > 0 {
			stream = deflateKind(t, int(kind), stream, history)
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		if kind >= kinds {
			mutate(rng, stream)
		}
		testStreamQuickly(t, rng, stream, history)
	})
}

// testStreamQuickly is testStream with a choice of what that tries.
func testStreamQuickly(t testing.TB, rng *rand.Rand, stream, history []byte) {
	want := feeder{t: t, history: history}.run(stream)
	compare(t, stream, history, want)
	cut := rng.IntN(len(stream) + 1)
	compare(t, stream[:cut], history, feeder{t: t, history: history}.run(stream[:cut]))
	for _, f := range []feeder{
		{in: always(1)},
		{in: cutAt(cut), room: always(1 + rng.IntN(300))},
		{patience: func() int { return 1 + rng.IntN(3000) }},
		{in: func() int { return 1 + rng.IntN(40) }, room: func() int { return 1 + rng.IntN(40) }},
	} {
		f.t, f.history = t, history
		if got := f.run(stream); !got.equal(want) {
			differ(t, "in pieces", stream, got, want)
		}
	}
}

// kinds is one more than there are levels.
const kinds = 13

func deflateKind(t testing.TB, kind int, text, history []byte) []byte {
	end := (*flate.Writer).Flush
	if len(text)%2 == 1 {
		end = (*flate.Writer).Close
	}
	return deflate(t, kind%(kinds-1)-2, text, history, end)
}

// mutate changes, drops or repeats a little.
func mutate(rng *rand.Rand, stream []byte) {
	for range 1 + rng.IntN(3) {
		if len(stream) == 0 {
			return
		}
		i := rng.IntN(len(stream))
		switch rng.IntN(3) {
		case 0:
			stream[i] ^= 1 << rng.IntN(8)
		case 1:
			stream[i] = byte(rng.Uint32())
		case 2:
			copy(stream[i:], stream[min(len(stream), i+1+rng.IntN(4)):])
		}
	}
}
