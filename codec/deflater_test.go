package codec

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// inflated gives what a message's payload stands for, by compress/flate.
func inflated(t testing.TB, payload, history []byte) []byte {
	t.Helper()
	const end = emptyBlock + "\x01" + emptyBlock // RFC 7692 section 7.2.2, and a last block
	p, err := io.ReadAll(flate.NewReaderDict(io.MultiReader(bytes.NewReader(payload), strings.NewReader(end)), history))
	if err != nil {
		t.Fatalf("%x: %v", payload, err)
	}
	return p
}

func newDeflater(t testing.TB, level, bits int) *Deflater {
	t.Helper()
	z, err := NewDeflater(level, bits)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestNewDeflater(t *testing.T) {
	for level := -2; level <= 11; level++ {
		for bits := 6; bits <= 17; bits++ {
			z, err := NewDeflater(level, bits)
			if ok := level >= 1 && level <= 9 && bits >= 8 && bits <= 15; ok != (err == nil) || ok != (z != nil) || !ok && !errors.Is(err, ErrDeflater) {
				t.Errorf("level %d, %d bits: %v", level, bits, err)
			}
		}
	}
}

func TestDeflater(t *testing.T) {
	text, err := os.ReadFile("decoder.go")
	if err != nil {
		t.Fatal(err)
	}
	for level := 1; level <= 9; level++ {
		for bits := 8; bits <= 15; bits++ {
			z := newDeflater(t, level, bits)
			history := NewHistory(bits)
			for from := 0; from < len(text); from += 700 {
				p := text[from:min(from+700, len(text))]
				payload := z.Append([]byte("before"), p, history.Bytes(), true)
				payload = payload[len("before"):]
				if got := inflated(t, payload, history.Bytes()); !bytes.Equal(got, p) || len(payload) >= len(p) {
					t.Fatalf("level %d, %d bits: %d bytes of %d, %q", level, bits, len(payload), len(p), got)
				}
				history.Add(p)
			}
			history.Release()
		}
	}
}

// The first message of RFC 7692 section 7.2.3.1, and the empty one of section
// 7.2.3.6.
func TestDeflaterExamples(t *testing.T) {
	z := newDeflater(t, 6, 15)
	for p, want := range map[string]string{"Hello": "\xf2\x48\xcd\xc9\xc9\x07\x00", "": "\x00"} {
		if got := z.Append(nil, []byte(p), nil, true); string(got) != want {
			t.Errorf("%q: %x, want %x", p, got, want)
		}
	}
}

// Pieces, of any size and with or without takeover, make one message.
func TestDeflaterPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	text, err := os.ReadFile("decoder.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, bits := range []int{8, 11, 15} {
		z := newDeflater(t, 1+rng.IntN(9), bits)
		for range 50 {
			var payload []byte
			before := text[:rng.IntN(2)*1000]
			history := before
			for from, to := 0, 0; to < len(text); from = to {
				to = min(from+rng.IntN(3000), len(text))
				payload = z.Append(payload, text[from:to], history, to == len(text))
				history = append(history[:len(history):len(history)], text[from:to]...)
			}
			if got := inflated(t, payload, before); !bytes.Equal(got, text) {
				t.Fatalf("%d bits: %d bytes, not %d", bits, len(got), len(text))
			}
		}
	}
}

// A piece leaves nothing pending: what has come so far can be read.
func TestDeflaterPieceIsWhole(t *testing.T) {
	z := newDeflater(t, 1, 15)
	for _, p := range []string{"", "a", "first, first, first"} {
		payload := z.Append(nil, []byte(p), nil, false)
		got := make([]byte, len(p))
		if _, err := io.ReadFull(flate.NewReader(bytes.NewReader(payload)), got); err != nil || string(got) != p {
			t.Errorf("%q, %v of %q", got, err, p)
		}
		if !bytes.HasSuffix(payload, []byte(emptyBlock)) {
			t.Errorf("%x has no end", payload)
		}
	}
}

func TestDeflaterAllocsNothing(t *testing.T) {
	text, err := os.ReadFile("decoder.go")
	if err != nil {
		t.Fatal(err)
	}
	z := newDeflater(t, 1, 15)
	b := make([]byte, 0, len(text))
	if n := testing.AllocsPerRun(20, func() {
		b = z.Append(b[:0], text[:100], nil, true)
		b = z.Append(b[:0], text, text, false)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDeflater(f *testing.F) {
	f.Add([]byte("Hello, hello, hello"), []byte("hello"), byte(7), byte(4))
	f.Add([]byte(nil), []byte(nil), byte(0), byte(0))
	f.Fuzz(func(t *testing.T, p, history []byte, kind, size byte) {
		bits := 8 + int(kind)%8
		z := newDeflater(t, 1+int(kind)/8%9, bits)
		h := NewHistory(bits)
		defer h.Release()
		h.Add(history)
		start := bytes.Clone(h.Bytes())
		var payload []byte
		for rest := p; ; {
			piece := rest[:min(len(rest), 1+int(size))]
			rest = rest[len(piece):]
			payload = z.Append(payload, piece, h.Bytes(), len(rest) == 0)
			h.Add(piece)
			if len(rest) == 0 {
				break
			}
		}
		if got := inflated(t, payload, start); !bytes.Equal(got, p) {
			t.Fatalf("%q, not %q", got, p)
		}
	})
}
