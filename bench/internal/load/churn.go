package load

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/codec"
)

// Churn says what connections do that come and go.
type Churn struct {
	Messages int           // on each connection, one after the other
	Size     int           // of a message, in bytes
	Rate     float64       // connections begun in a second; 0: as many as can be
	Duration time.Duration // how long connections are begun
}

// Churn has at most Options.Conns connections open at a time, each of which
// exchanges its messages, closes with 1000, and makes room for the next. The
// group must have none open before. At the end those that are open may finish.
//
// The outcome's Conns are those that did all this. At a rate each connection
// is due at its time, from where Connect counts; and Late are those that were
// due but not begun at the end, which enter Connect with their age.
func (g *Group) Churn(ctx context.Context, c Churn) result.Outcome {
	ch := g.startChurn(c)
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	d := newDialing(ctx, g, giveUp, true)
	late := ch.feed(ctx, d)
	d.end()
	ch.finish()
	o := ch.outcome()
	o.Conns, o.Late = int(ch.completed.Load()), late
	return o
}

// churning is a churn under way.
type churning struct {
	step
	Churn
	payloads  payloads
	schedule  schedule
	completed atomic.Int64
}

func (g *Group) startChurn(c Churn) *churning {
	g.mu.Lock()
	g.conns, g.vacant = nil, nil
	g.vacancies = make(chan struct{}, g.options.Conns)
	for range g.options.Conns {
		g.vacancies <- struct{}{}
	}
	g.mu.Unlock()
	ch := &churning{Churn: c, payloads: newPayloads(c.Size, c.Size)}
	ch.init(ch, g, nil)
	ch.schedule = g.schedule(ch.began, c.Rate)
	g.joining.Store(&ch.step)
	return ch
}

// feed has a connection opened for each vacancy, when it is due, and gives the
// number of those that were not.
func (ch *churning) feed(ctx context.Context, d *dialing) (late uint64) {
	ctx, cancel := context.WithTimeout(ctx, ch.Duration)
	defer cancel()
	for i := uint64(0); ; i++ {
		if ch.Rate > 0 {
			pause(ctx, ch.due(i)-clock())
		}
		if ch.due(i) >= ch.began+ch.Duration {
			return late
		}
		select {
		case <-ch.group.vacancies:
		case <-ctx.Done():
			return ch.countLate(i)
		}
		select {
		case d.due <- ch.due(i):
		case <-ctx.Done():
			return ch.countLate(i)
		}
	}
}

// due gives when connection i is to begin; 0: at once.
func (ch *churning) due(i uint64) time.Duration {
	if ch.Rate == 0 {
		return 0
	}
	return ch.schedule.due(i)
}

// countLate records the connections from i on that were due until now.
func (ch *churning) countLate(i uint64) (late uint64) {
	if ch.Rate == 0 {
		return 0
	}
	return ch.schedule.late(ch.group.record.connect, 0, i, 1, math.MaxUint64, min(clock(), ch.began+ch.Duration))
}

func (ch *churning) openedLocked(c *conn) {
	c.last = c.sent + uint64(ch.Messages)
	ch.nextLocked(c, nil)
}

// nextLocked sends the next message, or closes after the last one.
func (ch *churning) nextLocked(c *conn, buf []byte) {
	if c.sent == c.last {
		c.partLocked()
		return
	}
	buf = ch.payloads.append(buf, c.id, c.sent)
	c.sentAt = clock()
	c.sent++
	c.sendLocked(buf)
}

func (ch *churning) receivedLocked(c *conn, op codec.Opcode, payload []byte, now time.Duration) {
	switch {
	case c.received == c.sent:
		c.failLocked("message that nobody asked for", nil)
	case op != codec.Binary || !ch.payloads.match(payload, c.id, c.received):
		c.failLocked("reply differs from what was sent", nil)
	default:
		ch.group.record.latency.Record(c.id, now-c.sentAt)
		c.received++
		ch.nextLocked(c, payload[:0:len(payload)])
	}
}

func (ch *churning) closedLocked(c *conn) (again bool) {
	if !c.lost.Load() {
		ch.completed.Add(1)
	}
	return !ch.stopped.Load()
}

// finish waits for what is open.
func (ch *churning) finish() {
	ch.stopped.Store(true)
	ch.group.joining.Store(nil)
	ch.group.mu.Lock()
	ch.conns = ch.group.conns
	ch.group.mu.Unlock()
	for _, c := range ch.conns {
		if !c.usable() {
			c.leave(&ch.step)
		}
	}
	ch.left()
	ch.wait(context.Background(), answerTimeout)
	for _, c := range ch.conns {
		c.abandon("not finished in time")
	}
}
