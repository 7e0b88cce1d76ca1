package load

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Run says what connections exchange.
type Run struct {
	Conns    int           // how many take part, 0: all
	Random   bool          // those who take part are picked at random, instead of the first
	Size     int           // of the smallest message, in bytes
	MaxSize  int           // of the largest, sizes being evenly spread; if less than Size, all have that
	Depth    int           // the most messages outstanding on each; at least 1
	Messages int           // on each; 0: as many as can be
	Rate     float64       // messages in a second, of all connections together; 0: the next when a reply is here
	Duration time.Duration // how long messages are sent, at most
}

// answerTimeout is how long a server may take for what is outstanding at the
// end; a test shortens it.
var answerTimeout = 10 * time.Second

// Exchange sends messages and compares the replies until the run's duration or
// ctx ends, or all its messages are answered. Then it waits for what is
// outstanding; what does not come in time counts as an error, and its
// connection is given up.
//
// At a rate, message j of the i-th of n connections is due (i + j*n + Phase) /
// Rate after the beginning, whatever the server does; its latency counts from
// then, even if it has to wait because Depth messages are outstanding. What is
// due but not sent at the end is Late, and enters Latency with its age: less
// than what it would have been. Connections that are lost owe nothing any more.
func (g *Group) Exchange(ctx context.Context, r Run) result.Outcome {
	e := g.start(r)
	e.wait(ctx, r.Duration)
	e.finish()
	return e.outcome()
}

// exchange is a run under way.
type exchange struct {
	step
	Run
	payloads payloads
	sentAt   []time.Duration // Depth for each connection, by number modulo Depth; nil at a rate
	schedule schedule
	pacing   pacing
	end      time.Duration // when messages stopped being due; set before stopped
}

// start begins to exchange messages.
func (g *Group) start(r Run) *exchange {
	r.Depth = max(r.Depth, 1)
	conns := r.pick(g.seated())
	e := &exchange{Run: r, payloads: newPayloads(r.Size, r.MaxSize)}
	if r.Rate == 0 {
		e.sentAt = make([]time.Duration, r.Depth*len(conns))
	}
	e.init(e, g, conns)
	e.schedule = g.schedule(e.began, r.Rate)
	for rank, c := range conns {
		e.enter(c, rank)
	}
	if r.Rate > 0 {
		e.startPacing()
	}
	e.left()
	return e
}

// pick gives those that take part.
func (r Run) pick(conns []*conn) []*conn {
	if r.Conns == 0 || r.Conns >= len(conns) {
		return conns
	}
	if r.Random {
		rand.Shuffle(len(conns), func(i, j int) { conns[i], conns[j] = conns[j], conns[i] })
	}
	return conns[:r.Conns]
}

// enter lets c take part. In a closed load it sends one message; the reply
// starts the others.
func (e *exchange) enter(c *conn, rank int) {
	c.mu.Lock()
	c.rank, c.first, c.last, c.received = uint32(rank), c.sent, math.MaxUint64, c.sent
	if e.Messages > 0 {
		c.last = c.sent + uint64(e.Messages)
	}
	c.mu.Unlock()
	e.join(c)
}

// finish sends nothing more and waits for what is outstanding.
func (e *exchange) finish() {
	e.end = min(clock(), e.began+e.Duration)
	e.stopped.Store(true)
	e.pacing.wait()
	e.eachLocked(e.restLocked)
	e.wait(context.Background(), answerTimeout)
	e.eachLocked(e.giveUpLocked)
}

// eachLocked calls f for each connection that still takes part.
func (e *exchange) eachLocked(f func(c *conn)) {
	for _, c := range e.conns {
		c.mu.Lock()
		if c.step.Load() == &e.step {
			f(c)
		}
		c.mu.Unlock()
	}
}

// giveUpLocked ends the part of a connection whose replies are missing.
func (e *exchange) giveUpLocked(c *conn) {
	e.countLateLocked(c)
	if c.link != nil {
		c.failLocked("no reply in time", nil)
	}
	c.leave(&e.step)
}
