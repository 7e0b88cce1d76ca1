package load

import (
	"context"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
)

// Result is what happened until a phase's end.
type Result struct {
	Conns    int    // that took part
	Messages uint64 // that were answered
	Elapsed  time.Duration
	Latency  hist.Snapshot // from sending a message to having its reply
}

// Phase is a run under way.
type Phase struct{ *exchange }

// Start begins to exchange messages.
func (g *Group) Start(r Run) *Phase { return &Phase{g.start(r)} }

// Answered gives the number of messages answered so far.
func (ph *Phase) Answered() uint64 { return ph.group.record.end().Messages }

// Wait returns at the end of the run's duration, when all its messages are
// answered, or when ctx ends.
func (ph *Phase) Wait(ctx context.Context) Result {
	ph.wait(ctx, ph.Duration)
	o := ph.group.record.end()
	return Result{len(ph.conns), o.Messages, clock() - ph.began, o.Latency}
}

// Stop sends nothing more and waits for what is outstanding. What is not
// answered in time counts as an error, and its connection is given up.
func (ph *Phase) Stop() { ph.finish() }
