package load

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/codec"
)

// Run says what connections exchange.
type Run struct {
	Conns    int           // how many take part, 0: all
	Random   bool          // these are picked at random, and not the first ones
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
// At a rate, message j of the i-th of n connections is due (i + j*n) / Rate
// after the beginning, whatever the server does; its latency counts from then,
// even if it has to wait because Depth messages are outstanding. What is due
// but not sent at the end is Late, and enters Latency with its age: less than
// what it would have been. Connections that are lost owe nothing any more.
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
	pacing   pacing
}

// start begins to exchange messages.
func (g *Group) start(r Run) *exchange {
	r.Depth = max(r.Depth, 1)
	conns := g.seated()
	if r.Random {
		rand.Shuffle(len(conns), func(i, j int) { conns[i], conns[j] = conns[j], conns[i] })
	}
	if r.Conns > 0 {
		conns = conns[:min(r.Conns, len(conns))]
	}
	e := &exchange{Run: r, payloads: newPayloads(r.Size, r.MaxSize)}
	if r.Rate == 0 {
		e.sentAt = make([]time.Duration, r.Depth*len(conns))
	}
	e.init(e, g, conns)
	for rank, c := range conns {
		e.enter(c, rank)
	}
	if r.Rate > 0 {
		e.startPacing()
	}
	e.left()
	return e
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

// openedLocked sends the first message, or what became due while there was no
// connection.
func (e *exchange) openedLocked(c *conn) {
	if e.Rate > 0 {
		e.sendLocked(c, nil, clock())
	} else {
		e.sendOneLocked(c, nil, clock())
	}
}

// receivedLocked checks and times a reply, and sends what may follow it.
func (e *exchange) receivedLocked(c *conn, op codec.Opcode, payload []byte, now time.Duration) {
	switch {
	case c.received == c.sent:
		c.failLocked("message that nobody asked for", nil)
		return
	case op != codec.Binary || !e.payloads.match(payload, c.id, c.received):
		c.failLocked("reply differs from what was sent", nil)
		return
	}
	e.group.record.latency.Record(c.id, now-e.begunLocked(c, c.received))
	c.received++
	e.sendLocked(c, payload, now)
	e.restLocked(c)
}

// closedLocked wants no other connection, but where one was asked for and this
// one ended as it should.
func (e *exchange) closedLocked(c *conn) (again bool) {
	return c.parting && !c.lost.Load() && !e.stopped.Load()
}

// restLocked lets c leave, or its connection end, if nothing is outstanding.
func (e *exchange) restLocked(c *conn) {
	switch {
	case c.sent != c.received:
	case c.sent >= c.last || e.stopped.Load():
		c.leave(&e.step)
	case c.parting:
		c.partLocked()
	}
}

// sendLocked sends all messages that may be sent now. It may use what buf
// holds, but nothing behind it.
func (e *exchange) sendLocked(c *conn, buf []byte, now time.Duration) {
	for e.mayLocked(c, now) {
		buf = e.sendOneLocked(c, buf, now)
	}
}

func (e *exchange) mayLocked(c *conn, now time.Duration) bool {
	return c.sent < c.last && c.sent-c.received < uint64(e.Depth) &&
		c.link != nil && !c.parting && !e.stopped.Load() && c.step.Load() == &e.step &&
		(e.Rate == 0 || e.dueLocked(c, c.sent) <= min(now, e.began+e.Duration))
}

func (e *exchange) sendOneLocked(c *conn, buf []byte, now time.Duration) []byte {
	buf = e.payloads.append(buf[:0:len(buf)], c.id, c.sent)
	if e.Rate == 0 {
		e.sentAt[e.slotLocked(c, c.sent)] = now
	}
	c.sent++
	if err := c.link.Send(codec.Binary, buf); err != nil {
		c.failLocked("send", err)
	}
	return buf
}

// begunLocked gives when the latency of a message begins.
func (e *exchange) begunLocked(c *conn, seq uint64) time.Duration {
	if e.Rate > 0 {
		return e.dueLocked(c, seq)
	}
	return e.sentAt[e.slotLocked(c, seq)]
}

func (e *exchange) slotLocked(c *conn, seq uint64) uint64 {
	return uint64(c.rank)*uint64(e.Depth) + seq%uint64(e.Depth)
}

// finish sends nothing more and waits for what is outstanding.
func (e *exchange) finish() {
	e.stopped.Store(true)
	e.pacing.wait()
	end := min(clock(), e.began+e.Duration)
	for _, c := range e.conns {
		c.mu.Lock()
		if c.step.Load() == &e.step {
			e.countLateLocked(c, end)
			e.restLocked(c)
		}
		c.mu.Unlock()
	}
	e.wait(context.Background(), answerTimeout)
	for _, c := range e.conns {
		if c.step.Load() == &e.step {
			c.abandon("no reply in time")
			c.leave(&e.step)
		}
	}
}
