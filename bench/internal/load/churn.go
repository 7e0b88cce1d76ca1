package load

import (
	"context"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Churn says what connections do that come and go.
type Churn struct {
	Messages int           // on each connection, one after the other
	Size     int           // of a message, in bytes
	Rate     float64       // connections begun in a second; 0: as many as can be
	Duration time.Duration // how long connections are begun
}

// Churn has Options.Conns connections open at a time, each of which exchanges
// its messages and closes. The group must have none open before.
func (g *Group) Churn(ctx context.Context, c Churn) result.Outcome { panic("not yet") }
