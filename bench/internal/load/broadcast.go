package load

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/codec"
)

// Broadcast says what is published to all connections.
type Broadcast struct {
	Size     int           // of a message, in bytes; at least MinBroadcast
	Rate     float64       // messages published in a second
	Duration time.Duration // Rate times Duration messages are published, at least one
	Delay    time.Duration // before the first one, so that groups in other processes can get ready
}

// Check tells what is wrong with b.
func (b Broadcast) Check() error {
	switch {
	case b.Size < MinBroadcast:
		return fmt.Errorf("a broadcast message needs at least %d bytes, for its number, the time and a check of both", MinBroadcast)
	case b.Rate == 0 || b.Duration <= 0:
		return errors.New("a broadcast needs a rate and a duration")
	}
	return CheckRate(b.Rate)
}

// Messages gives the number of messages that are published.
func (b Broadcast) Messages() uint64 {
	return uint64(max(math.Round(b.Rate*b.Duration.Seconds()), 1))
}

// Broadcast publishes messages on the first connection, if the group is that
// with First 0, to a server that sends each to all connections, the sender's
// included. It waits until every connection of the group has got each message
// once and in order, or ctx ends. Groups of other processes on this machine
// may wait for the same messages.
//
// The outcome's Messages are deliveries, and their latency counts from when
// the message was due. A message that has not reached a connection 10 s after
// the last was due counts as an error, one for each such connection that is
// still open. If ctx ends, what is missing then is no error. Elapsed is without
// the delay.
func (g *Group) Broadcast(ctx context.Context, b Broadcast) result.Outcome {
	s := g.startBroadcast(b)
	var publisher sync.WaitGroup
	if g.options.First == 0 && len(s.conns) > 0 && b.Check() == nil {
		publisher.Go(func() { s.publish(ctx, s.conns[0]) })
	}
	s.wait(ctx, b.Delay+b.Duration+answerTimeout)
	publisher.Wait()
	if ctx.Err() == nil {
		s.finish()
	}
	o := s.outcome()
	o.Elapsed = max(o.Elapsed-b.Delay, 0)
	return o
}

// broadcasting is a broadcast under way.
type broadcasting struct {
	step
	Broadcast
	notices notices
	missing atomic.Int64
}

func (g *Group) startBroadcast(b Broadcast) *broadcasting {
	s := &broadcasting{Broadcast: b, notices: newNotices(b.Size)}
	s.init(s, g, g.seated())
	if err := b.Check(); err != nil {
		g.Errors.add("broadcast", err)
		close(s.done)
		return s
	}
	for _, c := range s.conns {
		c.mu.Lock()
		c.received, c.last = 0, b.Messages()
		c.mu.Unlock()
		s.join(c)
	}
	s.left()
	return s
}

// due gives when message seq is published.
func (s *broadcasting) due(seq uint64) time.Duration {
	return s.began + s.Delay + seconds(float64(seq), s.Rate)
}

// publish sends all messages on c.
func (s *broadcasting) publish(ctx context.Context, c *conn) {
	var buf []byte
	for seq := range s.Messages() {
		for wait := s.due(seq) - clock(); wait > 0 && ctx.Err() == nil; wait = s.due(seq) - clock() {
			sleep(ctx, wait)
		}
		if ctx.Err() != nil || !c.usable() {
			return
		}
		buf = s.notices.append(buf[:0], seq, s.due(seq))
		c.mu.Lock()
		c.sent++
		c.sendLocked(buf)
		c.mu.Unlock()
	}
}

func (s *broadcasting) openedLocked(*conn) {}

func (s *broadcasting) closedLocked(*conn) (again bool) { return false }

func (s *broadcasting) receivedLocked(c *conn, op codec.Opcode, payload []byte, now time.Duration) {
	seq, at, ok := s.notices.parse(payload)
	switch {
	case !ok || op != codec.Binary:
		c.failLocked("message differs from what was published", nil)
		return
	case seq < c.received || seq >= c.last:
		c.failLocked("message received twice, or out of order", nil)
		return
	}
	s.missing.Add(int64(seq - c.received))
	s.group.record.latency.Record(c.id, now-at)
	if c.received = seq + 1; c.received == c.last {
		c.leave(&s.step)
	}
}

// finish counts what has not come.
func (s *broadcasting) finish() {
	for _, c := range s.conns {
		c.mu.Lock()
		if c.step.Load() == &s.step {
			s.missing.Add(int64(c.last - c.received))
			c.leave(&s.step)
		}
		c.mu.Unlock()
	}
	if n := s.missing.Load(); n > 0 {
		s.group.Errors.count("message not received", int(n))
	}
}
