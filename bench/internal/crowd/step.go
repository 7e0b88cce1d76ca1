package crowd

import (
	"context"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// start is what a step is measured from.
type start struct {
	at       time.Duration
	cpu      time.Duration
	received int64
	errors   map[string]int
}

// begin begins a step.
func (c *Crowd) begin() start {
	for i := range c.members {
		c.members[i].done = false
	}
	c.begun, c.settled = 0, 0
	c.record.Take()
	return start{clock(), proc.OwnCPU(), c.received.Load(), c.Errors()}
}

// outcome tells what the step came to.
func (c *Crowd) outcome(s start) result.Outcome {
	o := result.Outcome{
		Conns:    c.begun,
		Open:     c.Connected(),
		Elapsed:  clock() - s.at,
		Messages: uint64(c.received.Load() - s.received),
		Latency:  c.record.Take(),
		CPU:      proc.OwnCPU() - s.cpu,
		Errors:   c.Errors(),
	}
	for kind, n := range s.errors {
		if o.Errors[kind] -= n; o.Errors[kind] == 0 {
			delete(o.Errors, kind)
		}
	}
	return o
}

// eachInWindow has the connections from first on do their part, a window of
// them at a time. It refills the window when half of it is free: each change
// between client and server then does more work.
func (c *Crowd) eachInWindow(ctx context.Context, first int, do func(i int)) {
	next := first
	refill := func() bool {
		if c.begun-c.settled <= c.options.Window/2 {
			for ; next < len(c.members) && c.begun-c.settled < c.options.Window; next++ {
				c.begun++
				c.members[next].since = clock()
				do(next)
			}
		}
		return next == len(c.members) && c.settled == c.begun
	}
	c.serve(ctx, refill)
	c.giveUp(ctx, first, next)
}

// giveUp ends the connections that have not done their part in time.
func (c *Crowd) giveUp(ctx context.Context, from, to int) {
	for i := from; i < to && ctx.Err() == nil; i++ {
		if m := &c.members[i]; !m.done && m.state != absent {
			c.fail(i, "no answer in time")
		}
	}
}

// Hold leaves the connections alone for a time, and answers pings.
func (c *Crowd) Hold(ctx context.Context, d time.Duration) {
	end := time.Now().Add(d)
	for time.Now().Before(end) && ctx.Err() == nil {
		c.serve(ctx, func() bool { return !time.Now().Before(end) })
	}
}
