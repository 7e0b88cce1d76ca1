package load

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// conn is one connection and its handler. While it takes part in a phase it
// belongs to its event loop, else to the group's goroutine: storing and
// clearing phase hands it over.
type conn struct {
	group *Group
	link  *engine.Conn
	open  chan struct{} // closed by OnOpen
	id    uint64
	lost  atomic.Bool // after an error
	gone  atomic.Bool // after OnClose
	phase atomic.Pointer[Phase]

	sent, received uint64          // messages, since the connection was opened
	last           uint64          // sent may become in this phase
	sentAt         []time.Duration // by number of the message, modulo the phase's depth
}

var epoch = time.Now()

// clock gives the monotonic time.
func clock() time.Duration { return time.Since(epoch) }

// start enters a phase with one message; its reply starts the others.
func (c *conn) start(ph *Phase, buf []byte) {
	c.sentAt = make([]time.Duration, ph.Depth)
	c.last = math.MaxUint64
	if ph.Messages > 0 {
		c.last = c.sent + uint64(ph.Messages)
	}
	c.stamp(ph, buf, clock())
	c.phase.Store(ph)
	if err := c.link.Send(codec.Binary, buf); err != nil {
		c.fail(c.link, "send", err)
	}
}

// stamp makes the next message in buf.
func (c *conn) stamp(ph *Phase, buf []byte, now time.Duration) {
	ph.payloads.write(buf, c.id, c.sent)
	c.sentAt[c.sent%uint64(ph.Depth)] = now
	c.sent++
}

// OnOpen counts the connection.
func (c *conn) OnOpen(*engine.Conn) {
	c.group.ended.Add(1)
	c.group.opened.Add(1)
	close(c.open)
}

// OnMessage checks and times a reply, and sends what may follow it.
func (c *conn) OnMessage(link *engine.Conn, op codec.Opcode, payload []byte) {
	now := clock()
	ph := c.phase.Load()
	if ph == nil || c.received == c.sent {
		c.fail(link, "message that nobody asked for", nil)
		return
	}
	if op != codec.Binary || !ph.payloads.match(payload, c.id, c.received) {
		c.fail(link, "reply differs from what was sent", nil)
		return
	}
	ph.answered.Add(1)
	ph.latency.Record(c.id, now-c.sentAt[c.received%uint64(ph.Depth)])
	c.received++
	// The reply's memory is ours until we return: the next messages take it.
	for c.sent < c.last && c.sent-c.received < uint64(ph.Depth) && !ph.stopped.Load() {
		c.stamp(ph, payload, now)
		if err := link.Send(codec.Binary, payload); err != nil {
			c.fail(link, "send", err)
			return
		}
	}
	if c.sent == c.received {
		c.leave(ph)
	}
}

// OnClose counts the connection as lost, unless it ended as the group wanted,
// or was given up just when it opened.
func (c *conn) OnClose(_ *engine.Conn, err error) {
	wanted, givenUp := c.group.closing.Load(), errors.Is(err, context.Canceled)
	if e, ok := errors.AsType[*engine.CloseError](err); !givenUp && (!wanted || !ok || !e.Clean) {
		c.lose("closed", err)
	}
	c.gone.Store(true)
	c.leave(c.phase.Load())
	c.group.closed.Add(1)
	c.group.ended.Done()
}

// fail ends the connection because of an error.
func (c *conn) fail(link *engine.Conn, what string, err error) {
	c.lose(what, err)
	c.leave(c.phase.Load())
	link.Abort()
}

// abandon does the same from the group's goroutine, unless c is gone already.
func (c *conn) abandon(why string) {
	if !c.gone.Load() {
		c.fail(c.link, why, nil)
	}
}

// lose counts an error, unless one was counted for this connection already.
func (c *conn) lose(what string, err error) {
	if !c.lost.Swap(true) {
		c.group.Errors.add(what, err)
	}
}

// leave ends the connection's part in a phase, if it still has one.
func (c *conn) leave(ph *Phase) {
	if ph != nil && c.phase.CompareAndSwap(ph, nil) {
		ph.left()
	}
}
