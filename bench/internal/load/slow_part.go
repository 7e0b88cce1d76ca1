package load

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// slowRun is what the slow readers of a group have in common.
type slowRun struct {
	group    *Group
	payloads payloads
	speed    int      // bytes in a second that each reads
	schedule schedule // of all together
	conns    int
	until    time.Duration // what is due later is not sent
}

// number gives the number among all messages of one reader's message seq.
func (r *slowRun) number(rank int, seq uint64) uint64 {
	return uint64(rank) + seq*uint64(r.conns)
}

func (r *slowRun) due(rank int, seq uint64) time.Duration {
	return r.schedule.due(r.number(rank, seq))
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
		schedule: p.schedule(s.began, p.Rate*float64(len(p.slow))), conns: len(p.slow), until: s.began + d,
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
	s.group.record.overdue(s.schedule, s.id, s.number(s.rank, s.sent.Load()), uint64(s.conns), math.MaxUint64, end)
}
