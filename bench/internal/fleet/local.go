package fleet

import (
	"context"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// local is a member in this process.
type local struct {
	group *load.Group
}

func (l *local) do(ctx context.Context, s Step) (result.Outcome, error) {
	return s.carryOut(ctx, l.group), nil
}

func (l *local) sample() result.Sample { return l.group.Sample() }
func (l *local) cpu() time.Duration    { return 0 }
func (l *local) end()                  {}
