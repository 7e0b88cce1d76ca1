// Package fault plays clients that do a server no good: they end in the middle
// of things, vanish, break the rules, flood, or do nothing at all. Each checks
// that the server does what it should about it.
package fault

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Options says who plays, and what limits the server has.
type Options struct {
	Addr    string // of the server, host:port, on 127.0.0.0/8
	Clients int    // at a time
	Pause   time.Duration
	Seed    uint64

	// Messages lets clients send whole messages. To a server that sends them
	// to all, they would be false ones for those who check what they get.
	Messages bool

	HandshakeTimeout, IdleTimeout, WriteTimeout time.Duration // the server's
	MaxMessageRate                              int           // likewise
	Patience                                    time.Duration // how much longer than its limits the server may take
}

// Play is the playing of faults. Its methods are for any goroutine.
type Play struct {
	options Options
	dialed  atomic.Uint32

	mu     sync.Mutex
	played map[string]int
	errors map[string]int
}

// New prepares clients.
func New(o Options) *Play {
	return &Play{options: o, played: map[string]int{}, errors: map[string]int{}}
}

// Played gives how many of each kind of fault there were so far, and Errors
// what the server did wrong about them.
func (p *Play) Played() map[string]int { return p.copyOf(p.played) }
func (p *Play) Errors() map[string]int { return p.copyOf(p.errors) }

func (p *Play) copyOf(counts map[string]int) map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(counts)
}

// Run plays until ctx ends and the last clients are done, which takes no longer
// than the server's limits and the patience.
func (p *Play) Run(ctx context.Context) {
	var clients sync.WaitGroup
	for i := range p.options.Clients {
		random := rand.New(rand.NewPCG(p.options.Seed, uint64(i)))
		clients.Go(func() {
			for ctx.Err() == nil {
				p.one(kinds[random.IntN(len(kinds))], random)
				pause(ctx, time.Duration(random.Int64N(int64(2*p.options.Pause)+1)))
			}
		})
	}
	clients.Wait()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// one plays a fault, if it may.
func (p *Play) one(k kind, random *rand.Rand) {
	if k.messages && !p.options.Messages {
		return
	}
	err := p.connectAnd(k, random)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.played[k.name]++
	if err != nil {
		p.errors[fmt.Sprintf("client that %s: %v", k.name, err)]++
	}
}

func (p *Play) connectAnd(k kind, random *rand.Rand) error {
	c, err := p.dial(random)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	if !k.early {
		if err := c.upgrade(); err != nil {
			return err
		}
	}
	return k.do(c)
}
