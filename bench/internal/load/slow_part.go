package load

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// slowRun is what the slow readers of a group have in common.
type slowRun struct {
	group    *Group
	payloads payloads
	speed    int     // bytes in a second that each reads
	rate     float64 // messages in a second of all together
	conns    int
	began    time.Duration
	until    time.Duration // what is due later is not sent
}

func (r *slowRun) due(rank int, seq uint64) time.Duration {
	return r.began + seconds(float64(uint64(rank)+seq*uint64(r.conns)), r.rate)
}

// openSlow opens the connections of slow readers.
func (p *part) openSlow(ctx context.Context) result.Outcome {
	var s step
	s.init(nil, p.Group, nil)
	for i := range p.Habit.Conns {
		began := clock()
		reader, err := p.dialSlow(ctx, i)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			p.Errors.add("dial", err)
		default:
			p.record.connect.Record(0, clock()-began)
		}
		if err == nil {
			p.slow = append(p.slow, reader)
			p.count(&p.opened)
		}
	}
	o := s.outcome()
	o.Conns = p.Habit.Conns
	return o
}

// count counts a connection that was opened or closed.
func (g *Group) count(n *int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	*n++
	g.changed.Broadcast()
}

// playSlow has the slow readers send, and read slowly, for a time.
func (p *part) playSlow(ctx context.Context, d time.Duration) result.Outcome {
	var s step
	s.init(nil, p.Group, nil)
	run := &slowRun{
		group: p.Group, payloads: newPayloads(p.Size, p.MaxSize), speed: p.Read,
		rate: p.Rate * float64(len(p.slow)), conns: len(p.slow), began: s.began,
		until: s.began + d,
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var players sync.WaitGroup
	ends := make([]error, len(p.slow))
	for i, reader := range p.slow {
		reader.slowRun, reader.rank = run, i
		players.Go(func() {
			ends[i] = reader.play(ctx)
			p.count(&p.closed)
		})
	}
	<-ctx.Done()
	end := min(clock(), run.until)
	players.Wait()
	return p.settleSlow(&s, ends, end)
}

// settleSlow counts how the slow readers have ended.
func (p *part) settleSlow(s *step, ends []error, end time.Duration) result.Outcome {
	cut, held := 0, 0
	for i, reader := range p.slow {
		switch {
		case ends[i] == nil:
			held++
			reader.countLate(end)
		case errors.Is(ends[i], errCut):
			cut++
		default:
			p.Errors.count(ends[i].Error(), 1)
		}
	}
	o := s.outcome()
	for _, reader := range p.slow {
		o.Sent += reader.sent.Load()
	}
	o.Conns, o.Open, o.Cut = len(p.slow), held, cut
	return o
}

// countLate records the messages that were due at the end, but not sent.
func (s *slowReader) countLate(end time.Duration) {
	for seq := s.sent.Load(); s.due(s.rank, seq) < end; seq++ {
		s.group.record.overdue(s.id, end-s.due(s.rank, seq))
	}
}
