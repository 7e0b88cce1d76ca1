package load

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// The server answers a message only when the next two have come: with three
// connections at a time all get their reply, with two none does.
func TestAtOnce(t *testing.T) {
	const conns = 30
	defer func(d time.Duration) { answerTimeout = d }(answerTimeout)
	answerTimeout = 50 * time.Millisecond
	for atOnce, want := range map[int]uint64{0: conns, 3: conns, 2: 0} {
		var waiting []*engine.Conn
		url, _ := serve(t, engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) {
			c.SetData(append([]byte(nil), p...))
			if waiting = append(waiting, c); len(waiting) == 3 {
				for _, c := range waiting {
					c.Send(op, c.Data().([]byte))
				}
				waiting = nil
			}
		}}, engine.Options{Loops: 1})
		g := dial(t, url, conns)
		duration := time.Minute
		if want == 0 {
			duration = 50 * time.Millisecond
		}
		o := g.Exchange(t.Context(), Run{Size: 10, Messages: 1, AtOnce: atOnce, Duration: duration})
		if o.Messages != want {
			t.Errorf("%d at once: %d answered, want %d", atOnce, o.Messages, want)
		}
	}
}

// A close with another code than the expected one is an error.
func TestExpectedCode(t *testing.T) {
	for code, want := range map[codec.CloseCode]int{codec.CloseGoingAway: 0, codec.CloseNormal: 3} {
		url, srv := serve(t, engine.HandlerFuncs{Message: echo}, engine.Options{})
		g := dial(t, url, 3)
		g.ExpectClose(code)
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.Wait()
		if got := g.Errors.Total(); got != want {
			t.Errorf("expected %v: %d errors, want %d", code, got, want)
		}
	}
}

// With patience a slow server's answers are waited for.
func TestPatience(t *testing.T) {
	defer func(d time.Duration) { answerTimeout = d }(answerTimeout)
	answerTimeout = 10 * time.Millisecond
	var answered atomic.Bool
	url, _ := serve(t, engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) {
		reply := append([]byte(nil), p...)
		time.AfterFunc(200*time.Millisecond, func() {
			answered.Store(true)
			c.Send(op, reply)
		})
	}}, engine.Options{})
	g, err := New(Options{URL: url, Conns: 1, Parallel: 1, MaxSize: 10, MaxDepth: 1, Patience: 2000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	g.Dial(t.Context())
	if o := g.Exchange(t.Context(), Run{Size: 10, Messages: 1, Duration: time.Millisecond}); o.Messages != 1 || !answered.Load() {
		t.Errorf("%d answered, errors %v", o.Messages, g.Errors.Kinds())
	}
}
