package load

import (
	"context"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Sample tells the state of the group now. It may be called from any
// goroutine at any time; its latencies are those since the last call.
func (g *Group) Sample() result.Sample { panic("not yet") }

// Exchange exchanges messages, and waits for what is outstanding at the end.
func (g *Group) Exchange(ctx context.Context, r Run) result.Outcome { panic("not yet") }

// Hold leaves the connections as they are for a time, or until ctx ends.
func (g *Group) Hold(ctx context.Context, d time.Duration) result.Outcome { panic("not yet") }
