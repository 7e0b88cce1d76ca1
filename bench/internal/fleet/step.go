package fleet

import (
	"context"

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
	Mixed     *load.Scenario  `json:"mixed,omitempty"`
	Hold      *Hold           `json:"hold,omitempty"`
	Close     bool            `json:"close,omitempty"`
}

// carryOut has a group do its share of a step. After Close the outcome has the
// errors of the group's whole life.
func (s Step) carryOut(ctx context.Context, g *load.Group) result.Outcome {
	switch {
	case s.Dial:
		return g.Dial(ctx)
	case s.Exchange != nil:
		return g.Exchange(ctx, *s.Exchange)
	case s.Broadcast != nil:
		return g.Broadcast(ctx, *s.Broadcast)
	case s.Churn != nil:
		return g.Churn(ctx, *s.Churn)
	case s.Mixed != nil:
		return g.Mixed(ctx, *s.Mixed)
	case s.Hold != nil:
		return s.Hold.carryOut(ctx, g)
	}
	g.Close()
	return result.Outcome{Errors: g.Errors.Kinds()}
}
