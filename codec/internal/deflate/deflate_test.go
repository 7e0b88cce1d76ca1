package deflate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// every tests each level with the largest window and the smallest, and each
// window with the two ways to look for matches.
func every(t *testing.T, test func(t *testing.T, z *Deflater)) {
	for level := MinLevel; level <= MaxLevel; level++ {
		for bits := MinWindowBits; bits <= MaxWindowBits; bits++ {
			if bits > MinWindowBits && bits < MaxWindowBits && level != 1 && level != 4 {
				continue
			}
			t.Run(fmt.Sprintf("level %d, %d bits", level, bits), func(t *testing.T) {
				t.Parallel()
				test(t, New(level, bits))
			})
		}
	}
}

func TestNoSuchDeflater(t *testing.T) {
	for _, p := range [][2]int{{0, 15}, {10, 15}, {-1, 15}, {1, 7}, {1, 16}} {
		if New(p[0], p[1]) != nil {
			t.Errorf("level %d, %d bits", p[0], p[1])
		}
	}
}

// source is text that repeats itself as text does.
func source(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("match.go")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// mixed is n bytes of which some repeat, near and far.
func mixed(rng *rand.Rand, n int) []byte {
	b := make([]byte, 0, n)
	letters := 1 + rng.IntN(256)
	for len(b) < n {
		if len(b) > 0 && rng.IntN(4) > 0 {
			back := 1 + rng.IntN(min(len(b), 1<<rng.IntN(17)))
			for range 3 + rng.IntN(1<<rng.IntN(10)) {
				b = append(b, b[len(b)-back])
			}
			continue
		}
		for range 1 + rng.IntN(1<<rng.IntN(8)) {
			b = append(b, byte(rng.IntN(letters)))
		}
	}
	return b[:n]
}

func TestDeflate(t *testing.T) {
	text := source(t)
	every(t, func(t *testing.T, z *Deflater) {
		for _, p := range [][]byte{
			nil, {0}, {255}, []byte("ab"), []byte("abc"), []byte("abcd"), []byte("abcdabc"), []byte("abcdabcd"),
			bytes.Repeat([]byte("a"), 257), bytes.Repeat([]byte("a"), 258), bytes.Repeat([]byte("a"), 259), bytes.Repeat([]byte("a"), 1<<16),
			[]byte(strings.Repeat("0123456789", 1000)), text,
		} {
			check(t, z, p, nil)
			check(t, z, p, p)
			check(t, z, p, text)
		}
	})
}

func TestDeflateMixed(t *testing.T) {
	every(t, func(t *testing.T, z *Deflater) {
		rng := rand.New(rand.NewPCG(1, uint64(z.matcher.window)))
		var history []byte
		for range 20 {
			p := mixed(rng, rng.IntN(1<<rng.IntN(14)))
			check(t, z, p, history)
			history = append(history, p...)
			history = history[max(len(history)-maxWindow, 0):]
		}
	})
}

// What is longer than the part copied behind its history, and than a block.
func TestDeflateLong(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, level := range []int{1, 2, 6} {
		for _, bits := range []int{8, 12, 15} {
			if raceEnabled && bits != map[int]int{1: 8, 2: 12, 6: 15}[level] {
				continue
			}
			z := New(level, bits)
			for _, size := range []int{joinedSize - 1, joinedSize, joinedSize + 1, joinedSize + 3, joinedSize + maxWindow, 3 * joinedSize} {
				p := mixed(rng, size)
				check(t, z, p, nil)
				check(t, z, p, mixed(rng, 40_000))
				check(t, z, p, p)
			}
		}
	}
}

// What does not repeat must hardly grow, and what is left of it at the end of
// a full block must not be lost.
func TestDeflateNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, size := range []int{1, 10, 100, maxTokens - 1, maxTokens, maxTokens + 1, 100_000} {
		p := make([]byte, size)
		for i := range p {
			p[i] = byte(rng.Uint32())
		}
		for _, level := range []int{1, 6} {
			z := New(level, 15)
			deflated := check(t, z, p, nil)
			if most := size + 6*(1+size/maxTokens); len(deflated) > most {
				t.Errorf("level %d makes %d bytes of %d", level, len(deflated), size)
			}
		}
	}
}

// The empty message is the one byte that RFC 7692 section 7.2.3.6 gives for it.
func TestDeflateEmpty(t *testing.T) {
	if got := New(1, 15).Append(nil, nil, []byte("history")); !bytes.Equal(got, []byte{0}) {
		t.Errorf("%x", got)
	}
}

// The example of RFC 7692 section 7.2.3.1, and with context takeover, section
// 7.2.3.2, where ours is one match and a byte shorter.
func TestDeflateHello(t *testing.T) {
	z := New(6, 15)
	if got := z.Append(nil, []byte("Hello"), nil); !bytes.Equal(got, []byte{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}) {
		t.Errorf("%x", got)
	}
	if got := z.Append(nil, []byte("Hello"), []byte("Hello")); !bytes.Equal(got, []byte{0x02, 0x13, 0x00, 0x00}) {
		t.Errorf("with takeover: %x", got)
	}
}

// Higher levels must be worth their time.
func TestLevels(t *testing.T) {
	text := bytes.Repeat(source(t), 3)
	for i := range text { // so that it is not the same three times
		if i%97 == 0 {
			text[i] = byte('a' + i%26)
		}
	}
	before := len(text)
	for level := MinLevel; level <= 6; level++ {
		size := len(New(level, 15).Append(nil, text, nil))
		if size >= before {
			t.Errorf("level %d: %d bytes, and %d a level below", level, size, before)
		}
		before = size
	}
}

// A history makes what is like it smaller, whatever the window.
func TestHistoryHelps(t *testing.T) {
	history := []byte(`{"e":"trade","E":1794300123456,"s":"BTCEUR","t":83745,"p":"43012.51","q":"0.00210"}`)
	p := []byte(`{"e":"trade","E":1794300129871,"s":"ETHEUR","t":83746,"p":"2012.77","q":"1.02210"}`)
	every(t, func(t *testing.T, z *Deflater) {
		alone, with := len(check(t, z, p, nil)), len(check(t, z, p, history))
		if with > alone*2/3 {
			t.Errorf("%d bytes alone, %d with a history", alone, with)
		}
	})
}

// Nothing of a message may be found in the next.
func TestMessagesAreApart(t *testing.T) {
	p := source(t)[:2000]
	for level := MinLevel; level <= MaxLevel; level++ {
		z := New(level, 15)
		first := slices.Clone(z.Append(nil, p, nil))
		for range 3 {
			if again := z.Append(nil, p, nil); !bytes.Equal(first, again) {
				t.Fatalf("level %d: %d bytes, then %d", level, len(first), len(again))
			}
		}
	}
}

// Places wrap around after 4 GiB, and then those of an earlier message may seem
// to be near.
func TestPlacesWrapAround(t *testing.T) {
	p, times := source(t), uint32(100)
	if raceEnabled {
		times = 15
	}
	for level := MinLevel; level <= 6; level++ {
		z := New(level, 15)
		z.matcher.base = -uint32(len(p) / 2)
		check(t, z, p, nil)
		check(t, z, p, p[:1000])
		for back := range times {
			z.matcher.base -= 37 * back
			check(t, z, p[:500], nil)
			check(t, z, p[back:500], p[:3*back])
		}
	}
}

// Short matches between literals end a block after any of both.
func TestFullBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	times := 10
	if raceEnabled {
		times = 2
	}
	for range times {
		var p []byte
		for len(p) < 200_000 {
			for range 1 + rng.IntN(20) {
				p = append(p, byte(rng.Uint32()))
			}
			from := rng.IntN(len(p))
			from = max(from, len(p)-maxWindow)
			p = append(p, p[from:min(from+4+rng.IntN(3), len(p))]...)
		}
		for _, level := range []int{1, 2, 4} {
			z := New(level, 15)
			if got := inflateFast(t, z.Append(nil, p, nil), nil); !bytes.Equal(got, p) {
				t.Fatalf("level %d: %d bytes come back as %d", level, len(p), len(got))
			}
		}
	}
}

// What is beyond the part copied behind the history must find that part.
func TestMatchesAcrossTheCopy(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	p := make([]byte, joinedSize)
	for i := range p {
		p[i] = byte(rng.Uint32())
	}
	p = append(p, p[joinedSize-maxWindow:]...)
	for level, most := range map[int]int{1: joinedSize + maxWindow/2, 6: joinedSize + 2000} { // level 1 skips much of what is new
		if size := len(check(t, New(level, 15), p, []byte("history"))); size > most {
			t.Errorf("level %d: %d bytes", level, size)
		}
	}
}

func TestDeflateAllocsNothing(t *testing.T) {
	p := source(t)
	for level := MinLevel; level <= 6; level++ {
		z := New(level, 15)
		var b []byte
		deflate := func() {
			b = z.Append(b[:0], p, nil)
			b = z.Append(b[:0], p[:300], p)
			b = z.Append(b[:0], p[:5], nil)
		}
		deflate()
		if n := testing.AllocsPerRun(10, deflate); n != 0 {
			t.Errorf("level %d: %v allocations", level, n)
		}
	}
}

func FuzzDeflate(f *testing.F) {
	f.Add([]byte("Hello, hello, hello"), []byte("hello"), byte(0), uint16(3))
	f.Add(bytes.Repeat([]byte("abcabcabd"), 100), []byte(nil), byte(77), uint16(2000))
	f.Fuzz(func(t *testing.T, p, history []byte, kind byte, times uint16) {
		z := New(MinLevel+int(kind)%MaxLevel, MinWindowBits+int(kind)/MaxLevel%8)
		check(t, z, p, history)
		if len(p) > 0 { // long, of parts that differ a little
			long := bytes.Repeat(p, 1+2*int(times)/len(p))
			for i := int(times); i < len(long); i += 1 + int(times)/2 {
				long[i] ^= byte(i)
			}
			check(t, z, long, history)
			check(t, z, p, long)
		}
	})
}
