package load

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/codec"
)

// activity is what connections do in a step. Its methods are called with the
// connection's lock held.
type activity interface {
	// openedLocked tells that the place of c, which takes part, has a new
	// connection.
	openedLocked(c *conn)

	// receivedLocked gets a message, whose memory it may use until it returns.
	receivedLocked(c *conn, op codec.Opcode, payload []byte, now time.Duration)

	// closedLocked tells that the connection is gone, and gives whether
	// another one shall take its place, which then still takes part.
	closedLocked(c *conn) (again bool)
}

// step is something that connections do together, for some time.
type step struct {
	activity
	group   *Group
	conns   []*conn // that took part from the beginning
	began   time.Duration
	stopped atomic.Bool
	running atomic.Int64 // connections that take part, and one for begin
	done    chan struct{}

	cpu    time.Duration // of this process when it began
	errors map[string]int
	sent   uint64
}

// init prepares a step of some connections.
func (s *step) init(a activity, g *Group, conns []*conn) {
	s.activity, s.group, s.conns = a, g, conns
	s.done = make(chan struct{})
	s.running.Store(1)
	s.cpu, s.errors, s.sent = proc.OwnCPU(), g.Errors.Kinds(), g.sent()
	g.record.begin()
	s.began = clock()
}

// join lets c take part, if it may.
func (s *step) join(c *conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == nil {
		return // ended since it was listed
	}
	if c.step.Load() == nil && !s.stopped.Load() {
		s.running.Add(1)
		c.step.Store(s)
	}
	if c.step.Load() == s {
		s.openedLocked(c)
	}
}

// left tells that one takes no part any more.
func (s *step) left() {
	if s.running.Add(-1) == 0 {
		close(s.done)
	}
}

// wait returns at the latest after a time, or when ctx ends; before that when
// no connection takes part any more.
func (s *step) wait(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	select {
	case <-s.done:
	case <-ctx.Done():
	}
}

// outcome tells what the step came to.
func (s *step) outcome() result.Outcome {
	o := s.group.record.end()
	o.Elapsed = clock() - s.began
	o.Conns = len(s.conns)
	for _, c := range s.conns {
		if c.usable() {
			o.Open++
		}
	}
	o.Sent = s.group.sent() - s.sent
	o.CPU = proc.OwnCPU() - s.cpu
	o.Errors = s.group.Errors.since(s.errors)
	return o
}

// sent gives the number of messages that the group has sent.
func (g *Group) sent() (n uint64) {
	g.mu.Lock()
	conns := g.conns
	g.mu.Unlock()
	for _, c := range conns {
		c.mu.Lock()
		n += c.sent
		c.mu.Unlock()
	}
	return n
}
