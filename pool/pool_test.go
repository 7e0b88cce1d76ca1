package pool_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/sockeye-ws/sockeye/pool"
)

func TestGetHasRoomAndNoBytes(t *testing.T) {
	for _, size := range []int{0, 1, 255, 256, 257, 4096, 4097, 1 << 20, 1<<22 - 1, 1 << 22, 1<<22 + 1} {
		for range 3 {
			b := pool.Get(size)
			if len(b.B) != 0 || cap(b.B) < size {
				t.Fatalf("Get(%d): len %d cap %d", size, len(b.B), cap(b.B))
			}
			// Another test may have put in one that it had replaced by its own.
			if size <= 1<<22 && cap(b.B) >= 2*max(256, 2*size) {
				t.Fatalf("Get(%d) holds %d bytes", size, cap(b.B))
			}
			b.B = append(b.B, "left over"...)
			pool.Put(b)
		}
	}
}

func TestGrowOfALargeBuffer(t *testing.T) {
	b := pool.Get(1 << 20)
	b.B = b.B[:1<<20]
	b.B[1<<20-1] = 'x'
	b = pool.Grow(b, 1)
	if c := cap(b.B); c <= 1<<20 || c > 1<<20+128<<10 || len(b.B) != 1<<20 || b.B[1<<20-1] != 'x' {
		t.Errorf("%d bytes in a buffer of %d", len(b.B), c)
	}
	pool.Put(b)
	for range 2 { // the first one is that which was too small
		if c := cap(pool.Get(1 << 20).B); c != 1<<20 {
			t.Errorf("lent %d bytes for a megabyte", c)
		}
	}
}

func TestGrowKeepsBytes(t *testing.T) {
	var want []byte
	b := pool.Get(0)
	for i := range 5000 {
		piece := fmt.Appendf(nil, "%d,", i)
		b = pool.Grow(b, len(piece))
		b.B = append(b.B, piece...)
		want = append(want, piece...)
	}
	if !bytes.Equal(b.B, want) {
		t.Fatal("bytes differ after growing")
	}
	pool.Put(b)
}

func TestPutTakesAnyCapacity(t *testing.T) {
	pool.Put(nil)
	for _, size := range []int{0, 3, 300, 1000, 5 << 20} {
		b := pool.Get(1)
		b.B = make([]byte, 0, size)
		pool.Put(b)
	}
	for _, size := range []int{1, 257, 1000} {
		if b := pool.Get(size); cap(b.B) < size {
			t.Fatalf("Get(%d) has a capacity of %d", size, cap(b.B))
		}
	}
}

func TestDebugPoisonsAndCounts(t *testing.T) {
	pool.Debug(true)
	defer pool.Debug(false)
	before := pool.Lent()
	b := pool.Get(10)
	b.B = append(b.B, "secret"...)
	kept := b.B
	if pool.Lent() != before+1 {
		t.Fatalf("lent %d, want %d", pool.Lent(), before+1)
	}
	pool.Put(b)
	if pool.Lent() != before {
		t.Fatalf("lent %d after Put, want %d", pool.Lent(), before)
	}
	if !bytes.Equal(kept, bytes.Repeat([]byte{pool.Poison}, 6)) {
		t.Fatalf("a returned buffer still reads %q", kept)
	}
}

func TestScribbleOnlyWhileDebugging(t *testing.T) {
	b := []byte("abc")
	pool.Scribble(b)
	if string(b) != "abc" {
		t.Fatal("scribbled without Debug")
	}
	pool.Debug(true)
	defer pool.Debug(false)
	pool.Scribble(b)
	if b[0] != pool.Poison || b[2] != pool.Poison {
		t.Fatal("not scribbled")
	}
}

// The pool must keep lending without allocation after bytebufferpool has
// calibrated itself (42,000 returns), whatever the buffers' lengths were.
func TestNoAllocationAfterCalibration(t *testing.T) {
	for range 100_000 {
		b := pool.Get(3000)
		b.B = append(b.B, 1)
		pool.Put(b)
	}
	if n := testing.AllocsPerRun(1000, func() { pool.Put(pool.Get(3000)) }); n > 0.1 {
		t.Fatalf("%v allocations a loan", n)
	}
}

func BenchmarkGetPut(b *testing.B) {
	for _, size := range []int{200, 4096, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				pool.Put(pool.Get(size))
			}
		})
	}
}
