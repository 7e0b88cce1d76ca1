package load

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/engine"
)

// dialTimeout is how long opening one connection may take, handshake included.
const dialTimeout = 20 * time.Second

// Dial opens the connections; what fails is counted in g.Errors. It ends early
// with ctx, or when the server seems to be out of reach: after many failures
// before the first success.
func (g *Group) Dial(ctx context.Context) {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	d := dialing{group: g, giveUp: giveUp, next: make(chan int)}
	var workers sync.WaitGroup
	for range g.options.Parallel {
		workers.Go(func() { d.work(ctx) })
	}
	d.feed(ctx)
	workers.Wait()
	g.conns = d.conns
}

// dialing is a Dial under way.
type dialing struct {
	group  *Group
	giveUp context.CancelFunc
	next   chan int // numbers of connections to open
	failed atomic.Int64

	mu    sync.Mutex
	conns []*conn
}

// feed gives the numbers out, at the rate that is asked for.
func (d *dialing) feed(ctx context.Context) {
	defer close(d.next)
	began := time.Now()
	for i := range d.group.options.Conns {
		if rate := d.group.options.Rate; rate > 0 {
			due := began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
			pause(ctx, time.Until(due))
		}
		select {
		case d.next <- i:
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
	for i := range d.next {
		c := &conn{group: d.group, id: uint64(i), open: make(chan struct{})}
		err := c.dial(ctx, i)
		if err == nil {
			d.mu.Lock()
			d.conns = append(d.conns, c)
			d.mu.Unlock()
			continue
		}
		if ctx.Err() != nil {
			return // ended by the caller, or out of reach: said once
		}
		c.lose("dial", err)
		if d.failed.Add(1) >= int64(d.group.options.Parallel) && d.group.opened.Load() == 0 {
			d.giveUp()
		}
	}
}

func (c *conn) dial(ctx context.Context, i int) (err error) {
	o := c.group.options
	const frame = 14 // the longest header of one
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c.link, err = engine.Dial(ctx, o.URL, c, engine.DialOptions{
		NetDial:          func(ctx context.Context, _, _ string) (net.Conn, error) { return c.group.target.dial(ctx, i) },
		HandshakeTimeout: dialTimeout,
		MaxMessage:       max(o.MaxSize, engine.DefaultMaxMessage),
		MaxBuffered:      max(2*o.MaxDepth*(o.MaxSize+frame), engine.DefaultMaxBuffered),
	})
	if err != nil {
		return err
	}
	<-c.open // for OnOpen may come after Dial returns
	return nil
}
