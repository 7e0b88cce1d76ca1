package load

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
)

// Run says what connections exchange.
type Run struct {
	Conns    int           // how many take part, 0: all
	Size     int           // of a message, in bytes
	Depth    int           // messages outstanding on each; at least 1
	Messages int           // on each; 0: as many as can be
	Rate     float64       // messages in a second, of all connections together; 0: the next when a reply is here
	Duration time.Duration // at most
}

// Result is what happened until a phase's end.
type Result struct {
	Conns    int    // that took part
	Messages uint64 // that were answered
	Elapsed  time.Duration
	Latency  hist.Snapshot // from sending a message to having its reply
}

// answerTimeout is how long a server may take for what is outstanding when a
// phase ends; a test shortens it.
var answerTimeout = 10 * time.Second

// Phase is a run under way.
type Phase struct {
	Run
	group    *Group
	conns    []*conn
	payloads payloads
	latency  *hist.Histogram
	answered atomic.Uint64
	began    time.Duration
	stopped  atomic.Bool
	running  atomic.Int64 // connections that take part, and one for start
	done     chan struct{}
}

// Start begins to exchange messages.
func (g *Group) Start(r Run) *Phase {
	ph := &Phase{Run: r, group: g, payloads: newPayloads(r.Size), latency: hist.New(), began: clock(), done: make(chan struct{})}
	for _, c := range g.conns {
		if !c.lost.Load() && (r.Conns == 0 || len(ph.conns) < r.Conns) {
			ph.conns = append(ph.conns, c)
		}
	}
	ph.running.Store(int64(len(ph.conns)) + 1)
	buf := make([]byte, r.Size)
	for _, c := range ph.conns {
		c.start(ph, buf)
	}
	ph.left()
	return ph
}

// left tells that one takes no part any more.
func (ph *Phase) left() {
	if ph.running.Add(-1) == 0 {
		close(ph.done)
	}
}

// Answered gives the number of messages answered so far.
func (ph *Phase) Answered() uint64 { return ph.answered.Load() }

// Wait returns at the end of the run's duration, when all its messages are
// answered, or when ctx ends.
func (ph *Phase) Wait(ctx context.Context) Result {
	ctx, cancel := context.WithTimeout(ctx, ph.Duration-(clock()-ph.began))
	defer cancel()
	select {
	case <-ph.done:
	case <-ctx.Done():
	}
	latency := ph.latency.Take()
	return Result{
		Conns:    len(ph.conns),
		Messages: latency.Count(),
		Elapsed:  clock() - ph.began,
		Latency:  latency,
	}
}

// Stop sends nothing more and waits for what is outstanding. What is not
// answered in time counts as an error, and its connection is given up.
func (ph *Phase) Stop() {
	ph.stopped.Store(true)
	select {
	case <-ph.done:
	case <-time.After(answerTimeout):
	}
	for _, c := range ph.conns {
		if c.phase.Load() == ph {
			c.abandon("no reply in time")
		}
	}
}
