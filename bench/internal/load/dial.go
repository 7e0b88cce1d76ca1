package load

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/engine"
)

// dialTimeout is how long opening one connection may take, handshake included.
const dialTimeout = 20 * time.Second

func (g *Group) dialOptions() engine.DialOptions {
	const frame = 14 // the longest header of one
	o := g.options
	return engine.DialOptions{
		NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return g.target.dial(ctx, o.First+int(g.dialed.Add(1)-1))
		},
		HandshakeTimeout: dialTimeout,
		MaxMessage:       max(o.MaxSize, engine.DefaultMaxMessage),
		MaxBuffered:      max(2*o.MaxDepth*(o.MaxSize+frame), engine.DefaultMaxBuffered),
	}
}

// Dial opens the connections; what fails is counted. It ends early with ctx,
// or when the server seems to be out of reach: after many failures before the
// first success. Connect has the time from the beginning of each connection.
func (g *Group) Dial(ctx context.Context) result.Outcome {
	var s step
	s.init(nil, g, nil)
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	d := newDialing(ctx, g, giveUp, false)
	d.feed(ctx)
	d.end()
	o := s.outcome()
	o.Conns, o.Open = g.options.Conns, g.Open()
	return o
}

// dial opens one connection on the engine.
func (g *Group) dial(ctx context.Context) error {
	_, err := g.dialer.Dial(ctx, g.options.URL)
	return err
}

// dialing is the opening of connections, by several workers.
type dialing struct {
	group     *Group
	giveUp    context.CancelFunc
	due       chan time.Duration // of connections to open; 0: now
	retry     bool               // what failed, after a pause
	workers   sync.WaitGroup
	failed    atomic.Int64
	succeeded atomic.Int64
	before    int // opened
}

// newDialing starts the workers. They call giveUp when the server seems to be
// out of reach.
func newDialing(ctx context.Context, g *Group, giveUp context.CancelFunc, retry bool) *dialing {
	d := &dialing{group: g, giveUp: giveUp, retry: retry, due: make(chan time.Duration)}
	g.mu.Lock()
	d.before = g.opened
	g.mu.Unlock()
	for range max(g.options.Parallel, 1) {
		d.workers.Go(func() { d.work(ctx) })
	}
	return d
}

// end waits for the workers, and until all that they have opened have a place.
func (d *dialing) end() {
	close(d.due)
	d.workers.Wait()
	opened := func() bool { return d.group.opened-d.before >= int(d.succeeded.Load()) }
	d.group.await(dialTimeout, opened)
}

// feed has all of a group's connections opened, at the rate that is asked for.
func (d *dialing) feed(ctx context.Context) {
	begin := d.group.schedule(clock(), d.group.options.Rate)
	for i := range d.group.options.Conns {
		if begin.rate > 0 {
			pause(ctx, begin.due(uint64(i))-clock())
		}
		select {
		case d.due <- 0:
		case <-ctx.Done():
			return
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (d *dialing) work(ctx context.Context) {
	for due := range d.due {
		if !d.dial(ctx, due) && d.retry {
			pause(ctx, retryPause)
			d.group.announceVacancy()
		}
	}
}

// retryPause keeps a server that refuses from being asked without end.
const retryPause = 100 * time.Millisecond

func (d *dialing) dial(ctx context.Context, due time.Duration) (ok bool) {
	if due == 0 {
		due = clock()
	}
	err := d.group.connect(ctx)
	if err == nil {
		d.succeeded.Add(1)
		d.group.record.connect.Record(0, clock()-due)
		return true
	}
	if ctx.Err() != nil {
		return false // ended by the caller, or out of reach: said once
	}
	d.group.Errors.add("dial", err)
	if d.failed.Add(1) >= int64(d.group.options.Parallel) && d.succeeded.Load() == 0 {
		d.giveUp()
	}
	return false
}
