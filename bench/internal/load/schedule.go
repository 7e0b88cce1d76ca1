package load

import (
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
)

// schedule says when what has a constant rate is due.
type schedule struct {
	began time.Duration
	rate  float64 // in a second
	phase float64 // how much later the first one is, in intervals
}

// schedule gives one of this group, which shares the rate with others.
func (g *Group) schedule(began time.Duration, rate float64) schedule {
	return schedule{began, rate, g.options.Phase}
}

// due gives when number k is due.
func (s schedule) due(k uint64) time.Duration {
	return s.began + seconds(float64(k)+s.phase, s.rate)
}

// before gives how many are due before a time.
func (s schedule) before(end time.Duration) uint64 {
	k := uint64(max((end-s.began).Seconds()*s.rate-s.phase, 0))
	for s.due(k) < end {
		k++
	}
	for k > 0 && s.due(k-1) >= end {
		k--
	}
	return k
}

// ages is how many different ages stand for those of all that is late: enough
// for a histogram, whatever the rate.
const ages = 1000

// late records the age at the end of number k and of each every-th one after
// it that was due before, most of them at most, and gives how many these are.
func (s schedule) late(h *hist.Histogram, who, k, every, most uint64, end time.Duration) (n uint64) {
	due := s.before(end)
	if k >= due {
		return 0
	}
	n = min((due-k-1)/every+1, most)
	stride := n/ages + 1
	for i := uint64(0); i < n; i += stride {
		h.RecordN(who, end-s.due(k+i*every), min(stride, n-i))
	}
	return n
}
