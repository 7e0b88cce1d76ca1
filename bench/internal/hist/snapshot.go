package hist

import (
	"iter"
	"math"
	"slices"
	"time"
)

// Bucket is a range of durations and how many fell into it. It begins where
// the bucket below it ends.
type Bucket struct {
	Upper time.Duration // the longest that belongs to it
	Count uint64
}

// Snapshot is what a histogram held at one time. The zero value is empty. It
// is never changed once it is made, except by methods with a pointer
// receiver, which change only the copy they are called on.
type Snapshot struct {
	buckets []Bucket // in ascending order, without empty ones; shared, so never written to
	count   uint64
	sum     float64 // of all durations, in nanoseconds
	max     time.Duration
}

// Count gives the number of durations.
func (s Snapshot) Count() uint64 { return s.count }

// Max gives the longest duration, exactly; 0 if there is none.
func (s Snapshot) Max() time.Duration { return s.max }

// Mean gives the arithmetic mean, 0 if there are no durations.
func (s Snapshot) Mean() time.Duration {
	if s.count == 0 {
		return 0
	}
	return time.Duration(s.sum / float64(s.count))
}

// Quantile gives a duration that the share q (0 to 1) of those recorded does
// not exceed: the upper end of the bucket where that share is reached, and in
// the last bucket Max. It gives 0 if there are no durations.
func (s Snapshot) Quantile(q float64) time.Duration {
	rank := uint64(math.Ceil(q * float64(s.count)))
	var n uint64
	for i, b := range s.buckets {
		n += b.Count
		if n >= rank && i < len(s.buckets)-1 {
			return b.Upper
		}
	}
	return s.max
}

// Buckets gives the buckets that are not empty, in ascending order.
func (s Snapshot) Buckets() iter.Seq[Bucket] { return slices.Values(s.buckets) }

// Merge adds what o holds.
func (s *Snapshot) Merge(o Snapshot) {
	s.buckets = merge(s.buckets, o.buckets)
	s.count += o.count
	s.sum += o.sum
	s.max = max(s.max, o.max)
}

// merge gives the buckets of both, in a slice that nobody writes to.
func merge(a, b []Bucket) []Bucket {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	merged := make([]Bucket, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].Upper < b[0].Upper:
			merged, a = append(merged, a[0]), a[1:]
		case a[0].Upper > b[0].Upper:
			merged, b = append(merged, b[0]), b[1:]
		default:
			merged = append(merged, Bucket{a[0].Upper, a[0].Count + b[0].Count})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(merged, a...), b...)
}
