// Package load opens many WebSocket connections and exchanges messages on them,
// each reply compared with what was sent.
//
// The load is closed: a connection sends its next message when a reply is
// here. So a server that stalls is asked less meanwhile, and latencies are
// those of the messages that were sent, not of those that an independent
// public would have sent.
package load

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// Options says what connections to open.
type Options struct {
	URL      string  // ws://host:port/path
	First    int     // the number of the first one: where several groups load a server, each has its own numbers
	Conns    int     // how many
	Spread   Spread  // over which addresses of 127.0.0.0/8
	Parallel int     // how many at a time; at least 1
	Rate     float64 // how many are begun in a second; 0: as many as can be
	MaxSize  int     // the largest message that will be sent, in bytes
	MaxDepth int     // the most messages that will be outstanding on one
}

// Group is a number of open connections. They live on the engine's event
// loops: none has a goroutine. Its methods, and those of the phases it starts,
// are for one goroutine; but Open and Errors are for any.
type Group struct {
	// Errors counts what went wrong, at most once for a connection.
	Errors Errors

	options Options
	target  *target
	conns   []*conn
	opened  atomic.Int64
	closed  atomic.Int64
	ended   sync.WaitGroup // what is open
	closing atomic.Bool
}

// closeTimeout is how long all connections together may take to end.
const closeTimeout = 10 * time.Second

// New prepares a group without opening anything. It fails if the URL is wrong.
func New(o Options) (*Group, error) {
	to, err := resolve(o.URL)
	if err != nil {
		return nil, err
	}
	return &Group{options: o, target: to}, nil
}

// Open gives the number of connections that are open.
func (g *Group) Open() int { return int(g.opened.Load() - g.closed.Load()) }

// Close ends all connections with 1000 and waits for it as [Group.Wait] does.
func (g *Group) Close() {
	g.ExpectClose()
	for _, c := range g.conns {
		c.link.Close(codec.CloseNormal, "")
	}
	g.Wait()
}

// ExpectClose says that connections may end from now on, by a close handshake.
func (g *Group) ExpectClose() { g.closing.Store(true) }

// Wait waits until no connection is open. Those that do not end in time, or
// without a close handshake, count as errors.
func (g *Group) Wait() {
	gone := make(chan struct{})
	go func() {
		g.ended.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-time.After(closeTimeout):
		for _, c := range g.conns {
			c.abandon("not closed in time")
		}
	}
}
