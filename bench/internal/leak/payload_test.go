package leak

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	"github.com/sockeye-ws/sockeye/codec"
)

func TestWordsAreOneToOne(t *testing.T) {
	for range 100_000 {
		label := rand.Uint64() & labelMask
		if got := labelOf(textWord(label)); got != label {
			t.Fatalf("text: %x became %x", label, got)
		}
		if got := labelOf(binaryWord(label)); got != label {
			t.Fatalf("binary: %x became %x", label, got)
		}
	}
}

// Messages have all sizes and kinds, texts are texts, and binary ones have
// bytes of all values.
func TestMessages(t *testing.T) {
	var ops [16]int
	var values [256]int
	sizes := map[int]int{}
	for seq := range uint32(100_000) {
		m := Message{7, seq}
		op, size := m.shape()
		p := m.Append([]byte("before"))[len("before"):]
		if len(p) != size || size >= maxPayload || op == codec.Text && !utf8.Valid(p) {
			t.Fatalf("%v: %v of %d B, %d wanted", m, op, len(p), size)
		}
		if size >= leastSummed && !intact(p) {
			t.Fatalf("%v: wrong checksum", m)
		}
		ops[op]++
		sizes[min(size, 126)]++
		if size >= maxPayload/2 {
			sizes[maxPayload]++
		}
		if op == codec.Binary {
			for _, b := range p {
				values[b]++
			}
		}
	}
	if ops[codec.Text] < 40_000 || ops[codec.Binary] < 40_000 || sizes[maxPayload] < 10 {
		t.Errorf("%v, %d large ones", ops, sizes[maxPayload])
	}
	for size := range 127 {
		if sizes[size] == 0 {
			t.Errorf("none of %d B", size)
		}
	}
	for b, n := range values {
		if n == 0 {
			t.Errorf("no byte %#x", b)
		}
	}
}

func TestPings(t *testing.T) {
	sizes := map[int]bool{}
	for n := range uint32(10_000) {
		m := Message{1 << 20, pingSeq + n}
		p := m.Append(nil)
		if got, ok := owner(p); !ok || got != m || len(p) > codec.MaxControlPayload {
			t.Fatalf("%v: %v, %v", m, got, ok)
		}
		sizes[len(p)] = true
	}
	if len(sizes) != codec.MaxControlPayload-wordSize+1 {
		t.Errorf("%d sizes", len(sizes))
	}
}

// Bytes can be traced wherever they turn up.
func TestTrace(t *testing.T) {
	m := large()
	p := m.Append(nil)
	for from := 0; from+4*wordSize < len(p); from += 1 + rand.IntN(100) {
		at, got, ok := trace(p[from:])
		if !ok || got.Message != m || got.offset != from+at {
			t.Fatalf("from %d: %v + %d, %v", from, got, at, ok)
		}
	}
	nobodys := make([]byte, 4<<10)
	rand.NewChaCha8([32]byte{}).Read(nobodys)
	for i := range nobodys {
		if _, got, ok := trace(nobodys[i:]); ok {
			t.Fatalf("random bytes are taken for %v", got)
		}
	}
}

// large gives a message with the largest sizes.
func large() Message {
	for m := (Message{Conn: 9}); ; m.Seq++ {
		if _, size := m.shape(); size >= maxPayload/2 {
			return m
		}
	}
}

// Every bit counts for the checksum, but the highest of text.
func TestChecksum(t *testing.T) {
	p := Message{3, 1}.following().Append(nil)
	for len(p) < leastSummed {
		p = Message{3, uint32(rand.IntN(pingSeq))}.Append(nil)
	}
	for i := range len(p) - sumSize {
		changed := bytes.Clone(p)
		changed[i] ^= 1 << (i % 8)
		if intact(changed) {
			t.Errorf("byte %d may change", i)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	var buf []byte
	bytes := 0
	for i := range b.N {
		buf = Message{uint32(i % 1000), uint32(i % pingSeq)}.Append(buf[:0])
		bytes += len(buf)
	}
	b.ReportMetric(float64(bytes)/float64(b.N), "B/message")
}
