package fleet

import (
	"context"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Hold says how long connections are held open, and how many of them, picked
// at random each time, have to echo a message now and then meanwhile.
type Hold struct {
	Duration time.Duration
	Sample   int           // connections that echo at a time; 0: none
	Every    time.Duration // from one sample to the next
	Size     int           // of their messages, in bytes
}

// sampleTimeout is how long a sample may take.
const sampleTimeout = time.Minute

func (h Hold) carryOut(ctx context.Context, g *load.Group) (sum result.Outcome) {
	if h.Sample == 0 {
		return g.Hold(ctx, h.Duration)
	}
	began := time.Now()
	for ctx.Err() == nil && time.Since(began) < h.Duration {
		sum.Add(g.Hold(ctx, min(h.Every, h.Duration-time.Since(began))))
		if ctx.Err() == nil {
			sum.Add(g.Exchange(ctx, load.Run{Conns: h.Sample, Random: true, Size: h.Size, Depth: 1, Messages: 1, Duration: sampleTimeout}))
		}
	}
	sum.Open = g.Open()
	sum.Conns, sum.Elapsed = sum.Open, time.Since(began)
	return sum
}
