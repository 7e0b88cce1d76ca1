// Package hist counts latencies as an HdrHistogram does: in buckets whose
// width is a constant fraction of their value, so that the slowest message in
// a billion is told as exactly as the median, in constant memory.
package hist

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// Each power of two is divided into 256 buckets, so that a value is known to
// 0.4 percent; values below 256 ns are exact.
const (
	subBits = 8
	sub     = 1 << subBits
	buckets = (64 - subBits) * sub // to 2^63-1, the longest Duration
)

// Histogram counts durations from 0 to the longest there is. The zero value
// is empty and ready. All methods may be called from any goroutine; what is
// read while others record may lag behind them.
type Histogram struct {
	counts [buckets]atomic.Uint64
	max    atomic.Int64
}

// Record counts d, a negative one as 0.
func (h *Histogram) Record(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(uint64(d))].Add(1)
	for {
		old := h.max.Load()
		if int64(d) <= old || h.max.CompareAndSwap(old, int64(d)) {
			return
		}
	}
}

// Count gives the number of durations recorded.
func (h *Histogram) Count() uint64 {
	var n uint64
	for i := range h.counts {
		n += h.counts[i].Load()
	}
	return n
}

// Max gives the longest duration recorded, exactly; 0 if there is none.
func (h *Histogram) Max() time.Duration { return time.Duration(h.max.Load()) }

// Quantile gives a duration that the share q (0 to 1) of those recorded does
// not exceed: the upper end of the bucket where that share is reached, and at
// most Max. It gives 0 if nothing was recorded.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := uint64(math.Ceil(q * float64(h.Count())))
	var n uint64
	for i := range h.counts {
		n += h.counts[i].Load()
		if n >= max(rank, 1) {
			return min(time.Duration(upper(i)), h.Max())
		}
	}
	return h.Max()
}

// bucket gives the index of v's bucket: its leading subBits+1 bits, after the
// number of bits that follow them.
func bucket(v uint64) int {
	shift := max(bits.Len64(v)-subBits-1, 0)
	return shift<<subBits + int(v>>shift)
}

// upper gives the largest value of bucket i.
func upper(i int) uint64 {
	shift := max(i>>subBits-1, 0)
	return (uint64(i-shift<<subBits)+1)<<shift - 1
}
