package load

import (
	"context"
	"sync"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// part is a group of a mixed load.
type part struct {
	*Group
	Habit
	slow []*slowReader // guarded by the group's mu while they are opened
}

// DialMixed opens a scenario's connections for Play, group by group; each as
// [Group.Dial] does. It is called once.
func (g *Group) DialMixed(ctx context.Context, s Scenario) (total result.Outcome) {
	cpu := proc.OwnCPU()
	for _, p := range g.split(s) {
		o := p.Dial(ctx)
		o.Elapsed += total.Elapsed
		total.Add(o)
	}
	total.CPU = proc.OwnCPU() - cpu
	return total
}

// Play has the connections of DialMixed do what their scenario says for a
// time: each sends at its own constant rate, as in [Group.Exchange]. They stay
// open until Close; but slow readers are closed at the end, and those that were
// there until then count as Open.
//
// The outcome has one for each group, in the scenario's order, and is their
// sum; errors are those since the group was opened. Only the latencies of slow
// readers are not in the sum: they are of their own making. A slow reader that
// the server cuts is counted in Cut, and is no error: to cut it is a server's
// right.
func (g *Group) Play(ctx context.Context, d time.Duration) result.Outcome {
	cpu := proc.OwnCPU()
	parts := g.mixed()
	outcomes := make([]result.Outcome, len(parts))
	var players sync.WaitGroup
	for i, p := range parts {
		players.Go(func() { outcomes[i] = p.play(ctx, d) })
	}
	players.Wait()
	total := sum(parts, outcomes)
	total.CPU = proc.OwnCPU() - cpu
	return total
}

// split makes a group for each habit, with its part of the numbers.
func (g *Group) split(s Scenario) []*part {
	var parts []*part
	first := g.options.First
	for _, h := range s.Groups {
		o := g.options
		o.First, o.Conns, o.MaxSize = first, h.Conns, h.MaxSize
		first += h.Conns
		p := &part{Group: newGroup(o, g.target), Habit: h}
		p.Errors.whole = &g.Errors
		if h.Read > 0 {
			p.apart, p.connect = true, p.dialSlow
		}
		parts = append(parts, p)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.parts = parts
	return parts
}

// mixed gives the groups that a mixed load consists of.
func (g *Group) mixed() []*part {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.parts
}

// play does what the habit says. The processor time is the whole process's,
// not the group's.
func (p *part) play(ctx context.Context, d time.Duration) result.Outcome {
	o := p.follow(ctx, d)
	o.Conns, o.Errors, o.CPU = p.Habit.Conns, p.Errors.Kinds(), 0
	return o
}

func (p *part) follow(ctx context.Context, d time.Duration) result.Outcome {
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

// sum adds the outcomes of a scenario's groups.
func sum(parts []*part, outcomes []result.Outcome) (total result.Outcome) {
	for i, o := range outcomes {
		if parts[i].apart {
			o.Latency = hist.Snapshot{}
		}
		total.Add(o)
	}
	for i, o := range outcomes {
		total.Groups = append(total.Groups, result.Group{Name: parts[i].Name, Outcome: o})
	}
	return total
}
