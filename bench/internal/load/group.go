// Package load opens many WebSocket connections and exchanges messages on
// them, each reply compared with what was sent.
//
// A load is closed or has a constant rate. Closed: a connection sends its next
// message when a reply is here, so that a server that stalls is asked less
// meanwhile; latencies are those of the messages that were sent. At a constant
// rate a message is due at a time that does not depend on the server, and its
// latency counts from there, as it would for a public that does not wait.
package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// Options says what connections to open.
type Options struct {
	URL      string  // ws://host:port/path
	First    int     // the number of the first one: where several groups load a server, each has its own numbers
	Conns    int     // how many
	Spread   Spread  // over which addresses of 127.0.0.0/8
	Parallel int     // how many are opened at a time; at least 1
	Rate     float64 // how many are begun in a second; 0: as many as can be
	Phase    float64 // of everything at a rate, in intervals: from 0 to below 1, so that groups in several processes take turns
	MaxSize  int     // the largest message that will be sent, in bytes
	MaxDepth int     // the most messages that will be outstanding on one
}

// Group is a number of connections. They live on the engine's event loops:
// none has a goroutine. Its methods are for one goroutine, one after the
// other; but Open, Sample and Errors are for any, at any time.
type Group struct {
	// Errors counts what went wrong, at most once for a connection.
	Errors Errors

	options Options
	target  *target
	dialer  *engine.Dialer
	connect func(context.Context) error // opens one connection
	dialed  atomic.Int64                // connections begun
	record  *record
	apart   bool                 // its latencies are not those of the whole
	closing atomic.Uint32        // the close code that is expected, or 0
	joining atomic.Pointer[step] // that new connections take part in, or nil

	mu        sync.Mutex
	changed   *sync.Cond // of opened and closed
	conns     []*conn    // a place for each connection that was opened
	vacant    []*conn    // places to be taken again
	vacancies chan struct{}
	opened    int
	closed    int
	parts     []*part // of a mixed load
}

// closeTimeout is how long all connections together may take to end.
const closeTimeout = 10 * time.Second

// New prepares a group without opening anything. It fails if the URL is wrong.
func New(o Options) (*Group, error) {
	to, err := resolve(o.URL)
	if err != nil {
		return nil, err
	}
	if to.spread, err = o.Spread.check(); err != nil {
		return nil, err
	}
	return newGroup(o, to), nil
}

func newGroup(o Options, to *target) *Group {
	g := &Group{options: o, target: to, record: newRecord()}
	g.changed = sync.NewCond(&g.mu)
	g.dialer = engine.NewDialer(handler{g}, g.dialOptions())
	g.connect = g.dial
	return g
}

// Open gives the number of connections that are open.
func (g *Group) Open() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	open := g.opened - g.closed
	for _, part := range g.parts {
		open += part.Open()
	}
	return open
}

// Close ends all connections with 1000 and waits for it as [Group.Wait] does.
func (g *Group) Close() {
	g.ExpectClose(codec.CloseNormal)
	for _, part := range g.mixed() {
		part.startClose()
	}
	g.startClose()
	g.Wait()
}

// closingAtOnce is how many connections are asked to close before the first
// of them has: the peer's answers have a deadline.
const closingAtOnce = 10_000

func (g *Group) startClose() {
	began := g.ended()
	for i, c := range g.seated() {
		c.part()
		if (i+1)%closingAtOnce == 0 {
			g.await(closeTimeout, func() bool { return g.closed-began > i-closingAtOnce/2 })
		}
	}
}

// ended gives the number of connections that have been closed.
func (g *Group) ended() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

// ExpectClose says that connections may end from now on, by a close handshake
// with this code.
func (g *Group) ExpectClose(code codec.CloseCode) {
	g.closing.Store(uint32(code))
	for _, part := range g.mixed() {
		part.ExpectClose(code)
	}
}

// Wait waits until no connection is open. Those that end without a close
// handshake count as errors, and those that are left when none has ended for
// ten seconds.
func (g *Group) Wait() {
	for _, part := range g.mixed() {
		part.Wait()
	}
	for before := -1; before != g.ended(); {
		before = g.ended()
		if g.await(closeTimeout, func() bool { return g.opened == g.closed }) {
			return
		}
	}
	for _, c := range g.seated() {
		c.abandon("not closed in time")
	}
}
