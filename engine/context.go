package engine

import (
	"context"
	"sync"
	"sync/atomic"
)

// Context gives a context that ends when the connection has ended, whoever ended
// it: just before OnClose, or, on workers, without waiting for the calls before
// that. So a call of OnMessage that works or waits for long can stop when nobody
// will read its answer. Its [context.Cause] is the *[CloseError] that OnClose gets,
// its Err is [context.Canceled]. It has no values and no deadline, and is not the context of a
// request that [Server.ServeHTTP] got, which ends as ServeHTTP returns.
//
// It is made when first asked for, and is the same from then on; other
// connections hold nothing for it. After the end it gives one that has ended. What
// [context.AfterFunc] registers runs on goroutines of its own.
//
// A connection ends after the close handshake, or when its peer vanishes in a
// way that the system sees. A peer that merely ends its stream, without a Close
// frame, still gets answers to what it sent before, so with workers that does not
// end the context while such calls are under way. Nor does anything that a peer does
// whose mailbox is full, as nothing is read from it then; not even a reset, nor
// its silence. So give calls on workers a deadline as well.
func (c *Conn) Context() context.Context {
	c.conn.Lock()
	defer c.conn.Unlock()
	if State(c.conn.State()) == Closed {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(c.end)
		return ctx
	}
	return c.sessions().contexts.of(c)
}

// contexts are those of a loop's connections that were asked for one.
type contexts struct {
	count atomic.Int32 // of them: often there is none

	mu  sync.Mutex
	all map[*Conn]connContext
}

type connContext struct {
	context.Context
	cancel context.CancelCauseFunc
}

// of gives the context of c, which has not ended; c's lock is held.
func (x *contexts) of(c *Conn) context.Context {
	x.mu.Lock()
	defer x.mu.Unlock()
	if known, ok := x.all[c]; ok {
		return known.Context
	}
	if x.all == nil {
		x.all = map[*Conn]connContext{}
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	x.all[c] = connContext{ctx, cancel}
	x.count.Add(1)
	return ctx
}

// end ends the context of c, whose state is Closed already, if it has one.
func (x *contexts) end(c *Conn, cause error) {
	if x.count.Load() == 0 {
		return
	}
	x.mu.Lock()
	ended, ok := x.all[c]
	if ok {
		delete(x.all, c)
		x.count.Add(-1)
	}
	x.mu.Unlock()
	if ok {
		ended.cancel(cause)
	}
}
