package load

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// conn is a place in a group: for one connection, or for several one after
// the other. A million of them are held, so it is kept small.
type conn struct {
	group *Group
	id    uint64               // tells its messages from those of others
	step  atomic.Pointer[step] // that it takes part in, or nil
	lost  atomic.Bool          // after an error

	mu             sync.Mutex
	link           *engine.Conn  // nil while there is no connection
	parting        bool          // it is to be closed
	rank           uint32        // among those that take part in the step
	first, last    uint64        // numbers of the step's messages, last excluded
	sent, received uint64        // messages so far
	sentAt         time.Duration // when churn sent the latest
}

// take gives the place to a connection.
func (c *conn) take(link *engine.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link, c.parting = link, false
	c.received = c.sent // what its predecessor left unanswered
	c.lost.Store(false)
	link.SetData(c)
}

// usable tells that c is open and nothing went wrong.
func (c *conn) usable() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link != nil && !c.lost.Load()
}

// part closes the connection in good order.
func (c *conn) part() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.partLocked()
}

func (c *conn) partLocked() {
	c.parting = true
	if c.link != nil {
		c.link.Close(codec.CloseNormal, "")
	}
}

// sendLocked sends a message, if there is a connection. Of one that is closing
// OnClose will tell the cause.
func (c *conn) sendLocked(payload []byte) {
	if c.link == nil {
		return
	}
	if err := c.link.Send(codec.Binary, payload); err != nil && !errors.Is(err, engine.ErrClosed) {
		c.failLocked("send", err)
	}
}

// failLocked ends the connection because of an error.
func (c *conn) failLocked(what string, err error) {
	c.lose(what, err)
	c.leave(c.step.Load())
	if c.link != nil {
		c.link.Abort()
	}
}

// abandon does the same from the group's goroutine, if there is a connection.
func (c *conn) abandon(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil {
		c.failLocked(why, nil)
	}
}

// lose counts an error, unless one was counted for this connection already.
func (c *conn) lose(what string, err error) {
	if !c.lost.Swap(true) {
		c.group.Errors.add(what, err)
	}
}

// leave ends the connection's part in a step, if it still has one.
func (c *conn) leave(s *step) {
	if s != nil && c.step.CompareAndSwap(s, nil) {
		s.left()
	}
}

// handler receives what happens on a group's connections. One for all saves
// each connection the engine's settings; its data is its place.
type handler struct{ group *Group }

func (h handler) OnOpen(link *engine.Conn) {
	c := h.group.seat(link)
	if s := h.group.joining.Load(); s != nil {
		s.join(c)
	}
	h.group.count(&h.group.opened)
}

func (h handler) OnMessage(link *engine.Conn, op codec.Opcode, payload []byte) {
	c := link.Data().(*conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.step.Load(); s != nil {
		s.receivedLocked(c, op, payload, clock())
	} else {
		c.failLocked("message that nobody asked for", nil)
	}
}

// OnClose counts the connection as lost, unless it ended as was wanted, or was
// given up just when it opened.
func (h handler) OnClose(link *engine.Conn, err error) {
	c := link.Data().(*conn)
	c.mu.Lock()
	e, ok := errors.AsType[*engine.CloseError](err)
	wanted := ok && e.Clean && (c.parting || uint32(e.Code) == h.group.closing.Load())
	if !wanted && !errors.Is(err, context.Canceled) {
		c.lose("closed", err)
	}
	c.link = nil
	again := false
	if s := c.step.Load(); s != nil {
		if again = s.closedLocked(c); !again {
			c.leave(s)
		}
	}
	c.mu.Unlock()
	h.group.vacate(c, again)
}
