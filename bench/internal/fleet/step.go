package fleet

import (
	"context"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Step is one thing that all connections of a fleet do. Exactly one field is
// set. Numbers and rates in it are those of all connections together.
type Step struct {
	Dial      bool            `json:"dial,omitempty"`
	Exchange  *load.Run       `json:"exchange,omitempty"`
	Broadcast *load.Broadcast `json:"broadcast,omitempty"`
	Churn     *load.Churn     `json:"churn,omitempty"`
	DialMixed *load.Scenario  `json:"dial_mixed,omitempty"`
	Play      time.Duration   `json:"play,omitempty"` // of the scenario
	Hold      *Hold           `json:"hold,omitempty"`
	Close     bool            `json:"close,omitempty"`
}

// Opens tells that it opens connections for the steps after it.
func (s Step) Opens() bool { return s.Dial || s.DialMixed != nil }

// carryOut has a group do its share of a step. After Close the outcome has the
// errors of the group's whole life.
func (s Step) carryOut(ctx context.Context, g *load.Group) result.Outcome {
	switch {
	case s.Dial:
		return g.Dial(ctx)
	case s.Exchange != nil:
		return g.Exchange(ctx, *s.Exchange)
	case s.Broadcast != nil:
		return broadcast(ctx, g, *s.Broadcast)
	case s.Churn != nil:
		return g.Churn(ctx, *s.Churn)
	case s.DialMixed != nil:
		return g.DialMixed(ctx, *s.DialMixed)
	case s.Play > 0:
		return g.Play(ctx, s.Play)
	case s.Hold != nil:
		return s.Hold.carryOut(ctx, g)
	}
	g.Close()
	return result.Outcome{Errors: g.Errors.Kinds()}
}

// broadcast counts also the time after the last message, as long as that before
// the others, where the load was not ended before: or else its rate would be
// more than was asked for.
func broadcast(ctx context.Context, g *load.Group, b load.Broadcast) result.Outcome {
	o := g.Broadcast(ctx, b)
	if ctx.Err() == nil && o.Open > 0 {
		o.Elapsed = max(o.Elapsed, b.Duration)
	}
	return o
}
