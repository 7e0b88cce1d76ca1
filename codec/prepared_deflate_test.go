package codec

import (
	"bytes"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
)

func TestPreparedDeflated(t *testing.T) {
	text, err := os.ReadFile("decoder.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{100, 300, 1000, len(text)} {
		p := Prepare(Text, text[:size])
		for bits := 8; bits <= 15; bits++ {
			d := p.Deflated(1, bits)
			h, n, err := ParseHeader(d.Frame())
			if err != nil || !h.Fin || h.Rsv != 0b100 || h.OpCode != Text || h.Masked || n+int(h.Length) != len(d.Frame()) {
				t.Fatalf("%d bytes, %d bits: %+v %v", size, bits, h, err)
			}
			if !bytes.Equal(d.Payload(), d.Frame()[n:]) || d.Opcode() != Text {
				t.Errorf("%d bytes, %d bits: payload is not the frame's", size, bits)
			}
			if got := inflated(t, d.Payload(), nil); !bytes.Equal(got, text[:size]) {
				t.Errorf("%d bytes, %d bits: %q", size, bits, got)
			}
			if p.Deflated(1, bits) != d {
				t.Errorf("%d bytes, %d bits: compressed twice", size, bits)
			}
		}
		if p.Deflated(6, 15) == p.Deflated(1, 15) || p.Deflated(1, 8) == p.Deflated(1, 15) {
			t.Errorf("%d bytes: levels or windows are confused", size)
		}
		if !bytes.Equal(p.Frame(), AppendFrame(nil, Text, text[:size])) {
			t.Error("the plain frame has changed")
		}
	}
}

// What does not become smaller, or must not be compressed, stays as it is.
func TestPreparedStaysPlain(t *testing.T) {
	noise := make([]byte, 1000)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	letters := bytes.Repeat([]byte("a"), 100)
	for name, tc := range map[string]struct {
		p           *Prepared
		level, bits int
	}{
		"noise":         {Prepare(Binary, noise), 1, 15},
		"empty":         {Prepare(Text, nil), 1, 15},
		"one byte":      {Prepare(Text, []byte("a")), 1, 15},
		"ping":          {Prepare(Ping, letters), 1, 15},
		"close":         {Prepare(Close, letters), 1, 15},
		"no such level": {Prepare(Text, letters), 10, 15},
		"no such bits":  {Prepare(Text, letters), 1, 16},
	} {
		for range 2 {
			if tc.p.Deflated(tc.level, tc.bits) != tc.p {
				t.Errorf("%s: is compressed", name)
			}
		}
	}
}

// Whoever asks, at the same time and for different windows, gets the one frame
// for that.
func TestPreparedDeflatedAtOnce(t *testing.T) {
	text, err := os.ReadFile("decoder.go")
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		p := Prepare(Text, text)
		var got [16][16]*Prepared
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() {
				for k := range 8 {
					bits := 8 + (i+k)%8
					got[i][bits] = p.Deflated(1, bits)
				}
			})
		}
		wg.Wait()
		for i := range got {
			if got[i] != got[0] {
				t.Fatal("two frames for one window")
			}
		}
	}
}

func TestPreparedDeflatedAllocsNothingAgain(t *testing.T) {
	p := Prepare(Text, bytes.Repeat([]byte("sockeye "), 100))
	p.Deflated(1, 15)
	p.Deflated(1, 12)
	if n := testing.AllocsPerRun(100, func() { p.Deflated(1, 15) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestGetDeflater(t *testing.T) {
	for _, p := range [][2]int{{0, 15}, {10, 15}, {1, 7}, {1, 16}, {-1, 15}, {1, -1}} {
		if z, err := GetDeflater(p[0], p[1]); err != ErrDeflater || z != nil {
			t.Errorf("level %d, %d bits: %v", p[0], p[1], err)
		}
	}
	for level := 1; level <= 9; level++ {
		for bits := 8; bits <= 15; bits++ {
			z, err := GetDeflater(level, bits)
			if err != nil || z.level != level || z.windowBits != bits {
				t.Fatalf("level %d, %d bits: %+v %v", level, bits, z, err)
			}
			PutDeflater(z)
		}
	}
}

func BenchmarkPreparedDeflated(b *testing.B) {
	p := Prepare(Text, bytes.Repeat([]byte("sockeye "), 100))
	b.ReportAllocs()
	for b.Loop() {
		p.Deflated(1, 15)
	}
}
