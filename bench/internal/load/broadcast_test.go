package load

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// toAll serves by sending each message to all, as deliver says.
func toAll(t *testing.T, deliver func(srv *engine.Server, op codec.Opcode, p []byte)) (url string) {
	t.Helper()
	var srv *engine.Server
	ready := make(chan struct{})
	url, srv = serve(t, engine.HandlerFuncs{Message: func(_ *engine.Conn, op codec.Opcode, p []byte) {
		<-ready
		deliver(srv, op, p)
	}}, engine.Options{})
	close(ready)
	return url
}

func publish(srv *engine.Server, op codec.Opcode, p []byte) { srv.Broadcast(codec.Prepare(op, p)) }

func TestBroadcastReachesTwoGroups(t *testing.T) {
	url := toAll(t, publish)
	b := Broadcast{Size: 100, Rate: 200, Duration: 100 * time.Millisecond, Delay: 500 * time.Millisecond}
	groups := map[int]*Group{}
	for _, first := range []int{0, 10} {
		g, err := New(Options{URL: url, First: first, Conns: 10, Parallel: 2, MaxSize: 100, MaxDepth: 1})
		if err != nil {
			t.Fatal(err)
		}
		groups[first] = g
		g.Dial(t.Context())
		defer g.Close()
	}
	var broadcasts sync.WaitGroup
	for first, g := range groups {
		broadcasts.Go(func() {
			o := g.Broadcast(t.Context(), b)
			sent := uint64(20)
			if first > 0 {
				sent = 0
			}
			if o.Messages != 200 || o.Sent != sent || len(o.Errors) != 0 || o.Conns != 10 || o.Open != 10 || o.Latency.Count() != 200 {
				t.Errorf("from %d: %+v", first, o)
			}
			if o.Latency.Max() <= 0 || o.Latency.Max() > patience {
				t.Errorf("latency up to %v", o.Latency.Max())
			}
		})
	}
	broadcasts.Wait()
}

func TestBadBroadcasts(t *testing.T) {
	defer func(d time.Duration) { answerTimeout = d }(answerTimeout)
	answerTimeout = 2 * time.Second // what comes later than that counts as lost
	n := 0
	for _, c := range []struct {
		name    string
		deliver func(srv *engine.Server, op codec.Opcode, p []byte)
		kind    string
		count   int // of three connections and ten messages
	}{
		{"loses one", func(srv *engine.Server, op codec.Opcode, p []byte) {
			if n++; n != 5 {
				publish(srv, op, p)
			}
		}, "message not received", 3},
		{"loses the last", func(srv *engine.Server, op codec.Opcode, p []byte) {
			if n++; n < 9 {
				publish(srv, op, p)
			}
		}, "message not received", 6},
		{"repeats one", func(srv *engine.Server, op codec.Opcode, p []byte) {
			if n++; n == 3 {
				publish(srv, op, p)
			}
			publish(srv, op, p)
		}, "message received twice, or out of order", 3},
		{"changes a byte", func(srv *engine.Server, op codec.Opcode, p []byte) { p[n%len(p)]++; n++; publish(srv, op, p) }, "message differs from what was published", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			n = 0
			g := dial(t, toAll(t, c.deliver), 3)
			o := g.Broadcast(t.Context(), Broadcast{Size: 40, Rate: 200, Duration: 50 * time.Millisecond})
			g.Close()
			if o.Errors[c.kind] != c.count || len(o.Errors) != 1 {
				t.Errorf("%v, want %d of %q", o.Errors, c.count, c.kind)
			}
		})
	}
}

func TestBroadcastIsChecked(t *testing.T) {
	for want, b := range map[string]Broadcast{
		"at least 24 bytes": {Size: MinBroadcast - 1, Rate: 1, Duration: time.Second},
		"a rate":            {Size: MinBroadcast, Duration: time.Second},
		"":                  {Size: MinBroadcast, Rate: 1, Duration: time.Second},
	} {
		err := b.Check()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", b, err)
		}
	}
	g := dial(t, toAll(t, publish), 1)
	defer g.Close()
	if o := g.Broadcast(t.Context(), Broadcast{}); len(o.Errors) != 1 || o.Messages != 0 {
		t.Errorf("%+v", o)
	}
}

func TestBroadcastEndsWithItsContext(t *testing.T) {
	g := dial(t, toAll(t, publish), 3)
	ctx, cancel := context.WithCancel(t.Context())
	outcome := make(chan result.Outcome)
	go func() { outcome <- g.Broadcast(ctx, Broadcast{Size: 40, Rate: 100, Duration: time.Hour}) }()
	for until := time.Now().Add(patience); g.Sample().Messages < 3 && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	cancel()
	o := <-outcome
	g.Close()
	if o.Messages < 3 || len(o.Errors) != 0 || g.Errors.Total() != 0 || o.Elapsed > time.Minute {
		t.Errorf("%d messages in %v, errors %v", o.Messages, o.Elapsed, g.Errors.Kinds())
	}
}
