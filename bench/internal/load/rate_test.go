package load

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

const patience = 20 * time.Second // for whatever should happen at once

// stall is an echo that stops once, for a time, at its n-th message.
func stall(n int64, d time.Duration) engine.HandlerFuncs {
	var seen atomic.Int64
	return engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) {
		if seen.Add(1) == n {
			time.Sleep(d)
		}
		c.Send(op, p)
	}}
}

// longer gives how many durations of s are longer than d.
func longer(s hist.Snapshot, d time.Duration) (n uint64) {
	for b := range s.Buckets() {
		if b.Upper > d {
			n += b.Count
		}
	}
	return n
}

// A server that stops for 300 ms lets 300 messages of 1,000 a second wait, of
// which two thirds wait for more than 100 ms. In a closed load only the few
// that are under way do: that is what coordinated omission hides.
func TestRateSeesAStall(t *testing.T) {
	const stalled = 300 * time.Millisecond
	url, _ := serve(t, stall(100, stalled), engine.Options{Loops: 1})
	g := dial(t, url, 4)
	o := g.Exchange(t.Context(), Run{Size: 20, Depth: 2, Rate: 1000, Duration: time.Second})
	if len(o.Errors) != 0 || o.Messages+o.Late < 990 || o.Messages+o.Late > 1000 || o.Sent != o.Messages {
		t.Errorf("%d messages of %d sent, %d late, errors %v", o.Messages, o.Sent, o.Late, o.Errors)
	}
	if n := longer(o.Latency, stalled/3); n < 150 {
		t.Errorf("at a rate only %d messages waited for more than %v", n, stalled/3)
	}
	if o.Latency.Max() < stalled*2/3 {
		t.Errorf("none waited for longer than %v", o.Latency.Max())
	}
	g.Close()

	url, _ = serve(t, stall(100, stalled), engine.Options{Loops: 1})
	g = dial(t, url, 4)
	defer g.Close()
	o = g.Exchange(t.Context(), Run{Size: 20, Depth: 1, Messages: 100, Duration: patience})
	if n := longer(o.Latency, stalled*2/3); n < 1 || n > 12 {
		t.Errorf("in a closed load %d messages waited for more than %v", n, stalled*2/3)
	}
}

// A server that answers nothing leaves all that is due later unsent.
func TestLateMessagesCountWithTheirAge(t *testing.T) {
	defer func(d time.Duration) { answerTimeout = d }(answerTimeout)
	answerTimeout = 50 * time.Millisecond
	url, _ := serve(t, engine.HandlerFuncs{}, engine.Options{})
	g := dial(t, url, 2)
	o := g.Exchange(t.Context(), Run{Size: 20, Depth: 1, Rate: 100, Duration: 500 * time.Millisecond})
	g.Close()
	if o.Sent != 2 || o.Late != 48 || o.Messages != 0 || o.Errors["no reply in time"] != 2 || o.Open != 0 {
		t.Errorf("%d sent, %d late, %d answered, errors %v, %d open", o.Sent, o.Late, o.Messages, o.Errors, o.Open)
	}
	// Due after 20, 30, ... 490 ms, they are 480 to 10 ms old at the end.
	if p := o.Latency.Quantile(0.5); o.Latency.Count() != 48 || p < 230*time.Millisecond || p > 260*time.Millisecond || o.Latency.Max() != 480*time.Millisecond {
		t.Errorf("%d latencies, median %v, maximum %v", o.Latency.Count(), p, o.Latency.Max())
	}
}

// Of a server that answers a tenth of what is due, or less, nothing is forgotten.
func TestWhatASaturatedServerOwesIsLate(t *testing.T) {
	for _, depth := range []int{1, 3} {
		url, _ := serve(t, engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) {
			time.Sleep(time.Millisecond)
			c.Send(op, p)
		}}, engine.Options{Loops: 1})
		g := dial(t, url, 20)
		o := g.Exchange(t.Context(), Run{Size: 20, Depth: depth, Rate: 10_000, Duration: 300 * time.Millisecond})
		g.Close()
		if len(o.Errors) != 0 || o.Late == 0 || o.Messages+o.Late != 3000 || o.Latency.Count() != 3000 || o.Sent != o.Messages {
			t.Errorf("depth %d: %d messages of %d sent, %d late, %d latencies, errors %v", depth, o.Messages, o.Sent, o.Late, o.Latency.Count(), o.Errors)
		}
	}
}

func TestRateIsKept(t *testing.T) {
	url, srv := serve(t, engine.HandlerFuncs{Message: echo}, engine.Options{})
	g := dial(t, url, 10)
	for _, run := range []Run{
		{Size: 20, Depth: 4, Rate: 2000, Duration: 250 * time.Millisecond},
		{Size: 20, MaxSize: 2000, Depth: 1, Rate: 100, Duration: patience, Messages: 3},
	} {
		o := g.Exchange(t.Context(), run)
		want := uint64(500)
		if run.Messages > 0 {
			want = 30
		}
		if o.Messages+o.Late != want || len(o.Errors) != 0 || o.Elapsed < 200*time.Millisecond || o.Open != 10 {
			t.Errorf("%+v: %d messages and %d late in %v, errors %v", run, o.Messages, o.Late, o.Elapsed, o.Errors)
		}
	}
	g.Close()
	if in := srv.Stats().MessagesIn; in > 530 {
		t.Errorf("the server got %d messages", in)
	}
}

func TestRateEndsWithItsContext(t *testing.T) {
	url, _ := serve(t, engine.HandlerFuncs{Message: echo}, engine.Options{})
	g := dial(t, url, 3)
	defer g.Close()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	o := g.Exchange(ctx, Run{Size: 20, Depth: 1, Rate: 100, Duration: time.Hour})
	if o.Elapsed > patience || len(o.Errors) != 0 || o.Messages+o.Late > 2000 {
		t.Errorf("%d messages and %d late in %v, errors %v", o.Messages, o.Late, o.Elapsed, o.Errors)
	}
}
