package load

import (
	"context"
	"sync"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// reconnect is Exchange with connections that live for a time, close in good
// order, and are opened anew. They do so one after the other, so that it is
// always the same number in a second. What is due meanwhile waits, and is sent
// when the connection is there again.
func (g *Group) reconnect(ctx context.Context, r Run, life time.Duration) result.Outcome {
	g.mu.Lock()
	g.vacancies = make(chan struct{}, g.options.Conns)
	g.mu.Unlock()
	e := g.start(r)
	g.joining.Store(&e.step)
	renewals := e.renew(ctx, life)
	e.wait(ctx, r.Duration)
	renewals.end()
	g.joining.Store(nil)
	e.finish()
	return e.outcome()
}

// renewals are the ends and new beginnings of connections.
type renewals struct {
	exchange *exchange
	dialing  *dialing
	stop     context.CancelFunc // of the ends
	done     context.CancelFunc // of the beginnings
	parting  sync.WaitGroup     // what closes connections
	opening  sync.WaitGroup     // what opens others
}

func (e *exchange) renew(ctx context.Context, life time.Duration) *renewals {
	r := &renewals{exchange: e}
	var beginnings context.Context
	beginnings, r.done = context.WithCancel(context.Background())
	r.dialing = newDialing(beginnings, e.group, func() {}, true)
	ctx, r.stop = context.WithCancel(ctx)
	r.parting.Go(func() { r.part(ctx, life) })
	r.opening.Go(func() { r.replace(beginnings) })
	return r
}

// part closes one connection after the other, each once in its life.
func (r *renewals) part(ctx context.Context, life time.Duration) {
	e := r.exchange
	n := uint64(len(e.conns))
	for k := uint64(0); n > 0; k++ {
		due := e.began + time.Duration(float64(k+1)/float64(n)*float64(life))
		pause(ctx, due-clock())
		if ctx.Err() != nil {
			return
		}
		e.retire(e.conns[k%n])
	}
}

// retire closes the connection of c once nothing is outstanding.
func (e *exchange) retire(c *conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.step.Load() == &e.step && c.link != nil {
		c.parting = true
		e.restLocked(c)
	}
}

// replace has a connection opened for each one that has ended.
func (r *renewals) replace(ctx context.Context) {
	for {
		select {
		case <-r.exchange.group.vacancies:
			r.dialing.due <- 0
		case <-ctx.Done():
			return
		}
	}
}

// end closes no more connections, and waits until those that were closed are
// there again.
func (r *renewals) end() {
	r.stop()
	r.parting.Wait() // it may be about to close one more
	r.exchange.group.await(answerTimeout, r.settled)
	r.done()
	r.opening.Wait()
	r.dialing.end()
}

// settled reports whether all connections are there, but those that are lost.
func (r *renewals) settled() bool {
	for _, c := range r.exchange.conns {
		c.mu.Lock()
		there := c.link != nil && !c.parting
		c.mu.Unlock()
		if !there && c.step.Load() == &r.exchange.step {
			return false
		}
	}
	return true
}
