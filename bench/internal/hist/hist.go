// Package hist counts durations in HdrHistograms: with three significant
// digits whatever their size, so that the slowest message in a billion is
// told as exactly as the median, in constant memory.
package hist

import (
	"runtime"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What a histogram can tell apart. A longer duration is counted in the last
// bucket; only Max and Mean are exact then.
const (
	digits  = 3
	longest = time.Hour
)

func newHDR() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(longest), digits)
}

// Histogram counts durations that many goroutines record. Its methods may be
// called from any goroutine.
type Histogram struct {
	shards []shard
}

// shard is a part of a histogram, so that recorders seldom meet.
type shard struct {
	mu  sync.Mutex
	hdr *hdrhistogram.Histogram
	sum float64
	max time.Duration
	_   [64]byte // keeps neighbours off its cache line
}

// New makes an empty histogram. It takes 270 KB for each processor.
func New() *Histogram {
	h := &Histogram{make([]shard, runtime.GOMAXPROCS(0))}
	for i := range h.shards {
		h.shards[i].hdr = newHDR()
	}
	return h
}

// Record counts d, a negative one as 0. The number who says which of several
// recorders this is: those with different numbers seldom wait for each other.
func (h *Histogram) Record(who uint64, d time.Duration) { h.RecordN(who, d, 1) }

// RecordN is Record n times.
func (h *Histogram) RecordN(who uint64, d time.Duration, n uint64) {
	d = max(d, 0)
	s := &h.shards[who%uint64(len(h.shards))]
	s.mu.Lock()
	s.hdr.RecordValues(int64(min(d, longest)), int64(n)) // cannot fail: it is in the range
	s.sum += float64(d) * float64(n)
	s.max = max(s.max, d)
	s.mu.Unlock()
}

// Take gives what was recorded since the last Take.
func (h *Histogram) Take() Snapshot {
	var all Snapshot
	for i := range h.shards {
		all.Merge(h.shards[i].take())
	}
	return all
}

func (s *shard) take() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := Snapshot{buckets(s.hdr), uint64(s.hdr.TotalCount()), s.sum, s.max}
	s.hdr.Reset()
	s.sum, s.max = 0, 0
	return taken
}

// buckets gives those of h that are not empty, in ascending order.
func buckets(h *hdrhistogram.Histogram) (full []Bucket) {
	for _, bar := range h.Distribution() {
		if bar.Count > 0 {
			full = append(full, Bucket{time.Duration(bar.To), uint64(bar.Count)})
		}
	}
	return full
}
