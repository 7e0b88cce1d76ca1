package load

import (
	"context"
	"sync"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Mixed opens a scenario's connections, group by group, and plays it: each
// connection sends at its own constant rate, as in [Group.Exchange]. They stay
// open until Close; but slow readers are closed at the end, and those that were
// there until then count as Open.
//
// The outcome has one for each group, in the scenario's order, and is their
// sum. Only the latencies of slow readers are not in the sum: they are of
// their own making. A slow reader that the server cuts is counted in Cut, and
// is no error: to cut it is a server's right.
func (g *Group) Mixed(ctx context.Context, s Scenario) result.Outcome {
	cpu := proc.OwnCPU()
	parts := g.split(s)
	outcomes := make([]result.Outcome, len(parts))
	for i, p := range parts {
		outcomes[i] = p.open(ctx)
	}
	var players sync.WaitGroup
	for i, p := range parts {
		players.Go(func() { outcomes[i] = joined(outcomes[i], p.play(ctx, s.Duration)) })
	}
	players.Wait()
	total := sum(s, outcomes)
	total.CPU = proc.OwnCPU() - cpu
	return total
}

// part is a group of a mixed load.
type part struct {
	*Group
	Habit
	slow []*slowReader
}

// split makes a group for each habit, with its part of the numbers.
func (g *Group) split(s Scenario) (parts []*part) {
	first := g.options.First
	for _, h := range s.Groups {
		o := g.options
		o.First, o.Conns, o.MaxSize = first, h.Conns, h.MaxSize
		first += h.Conns
		p := &part{Group: newGroup(o, g.target), Habit: h}
		p.Errors.whole = &g.Errors
		p.apart = h.Read > 0
		parts = append(parts, p)
		g.mu.Lock()
		g.groups = append(g.groups, p.Group)
		g.mu.Unlock()
	}
	return parts
}

// open opens the connections.
func (p *part) open(ctx context.Context) result.Outcome {
	if p.Read > 0 {
		return p.openSlow(ctx)
	}
	return p.Dial(ctx)
}

// play does what the habit says.
func (p *part) play(ctx context.Context, d time.Duration) result.Outcome {
	run := Run{
		Size: p.Size, MaxSize: p.MaxSize, Depth: p.options.MaxDepth,
		Rate: p.Rate * float64(len(p.seated())), Duration: d,
	}
	switch {
	case p.Read > 0:
		return p.playSlow(ctx, d)
	case run.Rate == 0:
		return p.Hold(ctx, d)
	case p.Reconnect > 0:
		return p.reconnect(ctx, run, p.Reconnect)
	}
	return p.Exchange(ctx, run)
}

// joined gives the outcome of two steps of one group, one after the other. The
// processor time is the whole process's, not the group's.
func joined(open, play result.Outcome) result.Outcome {
	play.Conns = open.Conns
	play.Connect.Merge(open.Connect)
	for kind, n := range open.Errors {
		play.Errors[kind] += n
	}
	play.CPU = 0
	return play
}

// sum adds the outcomes of a scenario's groups.
func sum(s Scenario, outcomes []result.Outcome) (total result.Outcome) {
	for i, o := range outcomes {
		part := o
		if s.Groups[i].Read > 0 {
			part.Latency = hist.Snapshot{}
		}
		total.Add(part)
	}
	for i, o := range outcomes {
		total.Groups = append(total.Groups, result.Group{Name: s.Groups[i].Name, Outcome: o})
	}
	return total
}
