package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Neighbours are few and modest: what they see is the server, and not the
// machine at its limit.
const (
	neighbours     = 40
	neighbourRate  = 1000 // messages in a second, of all together
	neighbourSize  = 125
	publishedSize  = 32 << 10 // where messages go to all
	publishedRate  = 50
	warmNeighbours = 50 // come and go before anything is measured
)

// settle opens the neighbours' connections to a server that has seen others.
func (s *siege) settle(ctx context.Context, url string) (err error) {
	if err := visit(ctx, url, warmNeighbours, !s.Fanout); err != nil {
		return err
	}
	s.neighbours, err = load.New(load.Options{URL: url, Conns: neighbours, Parallel: 16, MaxSize: publishedSize, MaxDepth: 64})
	if err != nil {
		return err
	}
	s.neighbours.Dial(ctx)
	s.exchange(ctx, time.Second/5)
	return nil
}

// visit opens connections, exchanges a message on each if they are echoed, and
// closes them.
func visit(ctx context.Context, url string, conns int, echoed bool) error {
	g, err := load.New(load.Options{URL: url, Conns: conns, Parallel: 64, MaxSize: 1024, MaxDepth: 1})
	if err != nil {
		return err
	}
	g.Dial(ctx)
	if echoed {
		g.Exchange(ctx, load.Run{Size: 1024, Depth: 1, Messages: 1, Duration: 20 * time.Second})
	}
	g.Close()
	if n := g.Errors.Total(); n > 0 && ctx.Err() == nil {
		return fmt.Errorf("%d errors of %d visitors: %v", n, conns, g.Errors.Kinds())
	}
	return nil
}

// exchange has the neighbours do what they do, for some time.
func (s *siege) exchange(ctx context.Context, d time.Duration) hist.Snapshot {
	var o result.Outcome
	if s.Fanout {
		o = s.neighbours.Broadcast(ctx, load.Broadcast{Size: publishedSize, Rate: publishedRate, Duration: d})
	} else {
		o = s.neighbours.Exchange(ctx, load.Run{Size: neighbourSize, Depth: 16, Rate: neighbourRate, Duration: d})
	}
	return o.Latency
}

// leave ends the neighbours.
func (s *siege) leave() {
	open := s.neighbours.Open()
	if open < neighbours {
		s.fail(fmt.Sprintf("%d of %d neighbours are left", open, neighbours))
	}
	s.neighbours.Close()
}
