package codec

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/sockeye-ws/sockeye/pool"
)

// What is kept must be the end of all that was added, whatever the sizes.
func TestHistory(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for bits := 8; bits <= 15; bits++ {
		window := 1 << bits
		h := NewHistory(bits)
		var all []byte
		for range 100 {
			p := make([]byte, rng.IntN(1+rng.IntN(window+window/2)))
			for i := range p {
				p[i] = byte(rng.Uint32())
			}
			all = append(all, p...)
			h.Add(p)
			clear(p)
			if want := all[max(len(all)-window, 0):]; !bytes.Equal(h.Bytes(), want) {
				t.Fatalf("%d bits: %d bytes kept, which are not the last %d of %d", bits, len(h.Bytes()), len(want), len(all))
			}
			if h.Held() > window {
				t.Fatalf("%d bits: holds %d bytes", bits, h.Held())
			}
		}
		h.Release()
	}
}

func TestHistoryBounds(t *testing.T) {
	for _, size := range []int{255, 256, 257, 511, 512, 513} {
		h := NewHistory(8)
		p := bytes.Repeat([]byte("0123456789abcdef"), 40)[:size]
		h.Add(p)
		if want := p[max(size-256, 0):]; !bytes.Equal(h.Bytes(), want) {
			t.Errorf("%d bytes: %q", size, h.Bytes())
		}
		h.Add([]byte("x"))
		if want := append(p, 'x'); !bytes.Equal(h.Bytes(), want[max(len(want)-256, 0):]) {
			t.Errorf("%d bytes and one: %q", size, h.Bytes())
		}
		h.Release()
	}
}

// A connection that has agreed on a window, but not used it, holds nothing.
func TestHistoryHoldsNothingUnused(t *testing.T) {
	before := pool.Lent()
	h := NewHistory(15)
	h.Add(nil)
	if h.Held() != 0 || h.Bytes() != nil || pool.Lent() != before {
		t.Errorf("holds %d bytes", h.Held())
	}
	h.Add(make([]byte, 300))
	if h.Held() != 512 {
		t.Errorf("holds %d bytes for 300", h.Held())
	}
	h.Release()
	if h.Held() != 0 || h.Bytes() != nil || pool.Lent() != before {
		t.Error("not released")
	}
	h.Add([]byte("again"))
	if string(h.Bytes()) != "again" {
		t.Errorf("%q", h.Bytes())
	}
	h.Release()
}

func TestNilHistory(t *testing.T) {
	var h *History
	h.Add([]byte("x"))
	if h.Bytes() != nil || h.Held() != 0 {
		t.Error("a nil History keeps something")
	}
	h.Release()
}

func TestHistoryAllocsNothing(t *testing.T) {
	h := NewHistory(12)
	defer h.Release()
	h.Add(make([]byte, 1<<12))
	p := make([]byte, 100)
	if n := testing.AllocsPerRun(100, func() { h.Add(p) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHistory(b *testing.B) {
	h := NewHistory(15)
	defer h.Release()
	h.Add(make([]byte, 1<<15))
	p := make([]byte, 100)
	for b.Loop() {
		h.Add(p)
	}
}
