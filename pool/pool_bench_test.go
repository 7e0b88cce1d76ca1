package pool_test

import (
	"testing"

	"github.com/sockeye-ws/sockeye/pool"
)

// BenchmarkGrow fills a buffer of 256 B to 64 KiB in pieces.
func BenchmarkGrow(b *testing.B) {
	piece := make([]byte, 250)
	b.SetBytes(64 << 10)
	b.ReportAllocs()
	for b.Loop() {
		buf := pool.Get(1)
		for len(buf.B) < 64<<10 {
			buf = pool.Grow(buf, len(piece))
			buf.B = append(buf.B, piece...)
		}
		pool.Put(buf)
	}
}
