package fleet

import (
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
)

// until is where the part of member i of n ends.
func until(total, i, n int) int { return total * (i + 1) / n }

// part is what member i of n gets of a number: nearly equal parts.
func part(total, i, n int) int { return until(total, i, n) - until(total, i-1, n) }

// shareOptions gives the options of member i of n.
func shareOptions(o load.Options, i, n int) load.Options {
	o.First += until(o.Conns, i-1, n)
	o.Conns = part(o.Conns, i, n)
	o.Rate /= float64(n)
	o.Phase = float64(i) / float64(n)
	return o
}

// broadcastDelay is how long the publisher waits until all members are ready
// to receive.
const broadcastDelay = time.Second

// share gives what member i of n does in a step; some may have nothing to do.
func (s Step) share(i, n int) (Step, bool) {
	switch {
	case n == 1:
		return s, true
	case s.Exchange != nil:
		run := *s.Exchange
		run.Conns = part(run.Conns, i, n)
		run.Rate /= float64(n)
		return Step{Exchange: &run}, run.Conns > 0 || s.Exchange.Conns == 0
	case s.Broadcast != nil:
		b := *s.Broadcast
		b.Delay = broadcastDelay
		return Step{Broadcast: &b}, true
	case s.Churn != nil:
		c := *s.Churn
		c.Rate /= float64(n)
		return Step{Churn: &c}, true
	case s.Hold != nil:
		h := *s.Hold
		h.Sample = part(h.Sample, i, n)
		return Step{Hold: &h}, true
	case s.DialMixed != nil:
		m := s.DialMixed.Share(i, n)
		return Step{DialMixed: &m}, true
	}
	return s, true
}
