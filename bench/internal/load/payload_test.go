package load

import (
	"bytes"
	"testing"
)

func TestPayloadsMatchOnlyThemselves(t *testing.T) {
	for _, size := range []int{0, 1, 4, 7, 8, 9, 125, 1024, 1 << 20} {
		p := newPayloads(size, size)
		b := p.append(nil, 7, 3)
		if !p.match(b, 7, 3) {
			t.Fatalf("%d B: does not match itself", size)
		}
		if p.match(append(b, 0), 7, 3) || size > 0 && p.match(b[1:], 7, 3) {
			t.Errorf("%d B: matches at another length", size)
		}
		if size >= 4 && (p.match(b, 7, 4) || p.match(b, 8, 3)) {
			t.Errorf("%d B: matches as another message", size)
		}
		for i := 0; i < size; i += max(1, size/1000) {
			b[i] ^= 0x10
			if p.match(b, 7, 3) {
				t.Errorf("%d B: matches with byte %d changed", size, i)
			}
			b[i] ^= 0x10
		}
	}
}

func TestShortPayloadsDiffer(t *testing.T) {
	p := newPayloads(4, 4)
	seen := map[[4]byte]bool{}
	for conn := range uint64(100) {
		for seq := range uint64(100) {
			seen[[4]byte(p.append(nil, conn, seq))] = true
		}
	}
	if len(seen) < 9990 { // chance would let a pair or two of 10,000 agree
		t.Errorf("%d different messages of 10,000", len(seen))
	}
}

func TestPayloadsOfManySizes(t *testing.T) {
	p := newPayloads(3, 12)
	sizes := map[int]int{}
	for seq := range uint64(1000) {
		b := p.append(nil, 7, seq)
		sizes[len(b)]++
		if !p.match(b, 7, seq) || p.match(b[1:], 7, seq) {
			t.Fatalf("message %d of %d B", seq, len(b))
		}
	}
	for size := 3; size <= 12; size++ {
		if n := sizes[size]; n < 50 {
			t.Errorf("%d of 1000 messages have %d B", n, size)
		}
	}
	if len(sizes) != 10 {
		t.Errorf("sizes are %v", sizes)
	}
}

func TestPayloadsAllocateNothing(t *testing.T) {
	p := newPayloads(125, 125)
	b := make([]byte, 125)
	if n := testing.AllocsPerRun(100, func() { p.append(b[:0], 1, 2); p.match(b, 1, 2) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPayload(b *testing.B) {
	p := newPayloads(1024, 1024)
	buf := make([]byte, 1024)
	seq := uint64(0)
	for b.Loop() {
		buf = p.append(buf[:0], 1, seq)
		if !bytes.Equal(buf, buf) || !p.match(buf, 1, seq) {
			b.Fatal("does not match itself")
		}
		seq++
	}
}
