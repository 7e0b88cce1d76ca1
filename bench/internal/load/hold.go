package load

import (
	"context"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Hold leaves the connections as they are for a time, or until ctx ends.
func (g *Group) Hold(ctx context.Context, d time.Duration) result.Outcome {
	var s step
	s.init(nil, g, g.seated())
	pause(ctx, d)
	return s.outcome()
}
