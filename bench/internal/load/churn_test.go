package load

import (
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

func churner(t *testing.T, url string, n int) *Group {
	t.Helper()
	g, err := New(Options{URL: url, Conns: n, Parallel: 4, MaxSize: 100, MaxDepth: 1})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestChurn(t *testing.T) {
	for name, c := range map[string]Churn{
		"as fast as can be": {Messages: 3, Size: 100, Duration: 200 * time.Millisecond},
		"without messages":  {Messages: 0, Size: 100, Duration: 200 * time.Millisecond},
		"at a rate":         {Messages: 2, Size: 10, Rate: 100, Duration: 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			url, srv := serve(t, engine.HandlerFuncs{Message: echo}, engine.Options{})
			g := churner(t, url, 5)
			o := g.Churn(t.Context(), c)
			n := uint64(o.Conns)
			if n < 5 && c.Rate == 0 || c.Rate > 0 && n+o.Late != 20 {
				t.Errorf("%d connections, %d late", n, o.Late)
			}
			if o.Messages != n*uint64(c.Messages) || o.Sent != o.Messages || o.Latency.Count() != o.Messages || o.Connect.Count() != n+o.Late {
				t.Errorf("%d connections: %d messages of %d sent, %d latencies, %d times to connect", n, o.Messages, o.Sent, o.Latency.Count(), o.Connect.Count())
			}
			if len(o.Errors) != 0 || g.Open() != 0 || srv.Stats().Opened != n {
				t.Errorf("errors %v, %d open, the server has seen %d", o.Errors, g.Open(), srv.Stats().Opened)
			}
		})
	}
}

// As long as none of them is done, there are only as many as Conns says.
func TestChurnIsLimited(t *testing.T) {
	defer func(d time.Duration) { answerTimeout = d }(answerTimeout)
	answerTimeout = 50 * time.Millisecond
	url, srv := serve(t, engine.HandlerFuncs{}, engine.Options{})
	g := churner(t, url, 3)
	o := g.Churn(t.Context(), Churn{Messages: 1, Size: 10, Rate: 100, Duration: 200 * time.Millisecond})
	if n := srv.Stats().Opened; n != 3 || o.Conns != 0 || o.Late != 17 || o.Errors["not finished in time"] != 3 {
		t.Errorf("%d connections, %d done, %d late, errors %v", n, o.Conns, o.Late, o.Errors)
	}
}

func TestChurnCountsErrors(t *testing.T) {
	for name, reply := range map[string]func(c *engine.Conn, op codec.Opcode, p []byte){
		"differs": func(c *engine.Conn, op codec.Opcode, p []byte) { p[0]++; c.Send(op, p) },
		"closed":  func(c *engine.Conn, op codec.Opcode, p []byte) { c.Abort() },
	} {
		url, _ := serve(t, engine.HandlerFuncs{Message: reply}, engine.Options{})
		g := churner(t, url, 3)
		o := g.Churn(t.Context(), Churn{Messages: 1, Size: 10, Duration: 50 * time.Millisecond})
		errors := 0
		for kind, n := range o.Errors {
			if errors += n; !strings.Contains(kind, name) {
				t.Errorf("unexpected kind %q", kind)
			}
		}
		if o.Conns != 0 || errors < 3 || g.Open() != 0 {
			t.Errorf("%s: %d connections, errors %v, %d open", name, o.Conns, o.Errors, g.Open())
		}
	}
}

func TestChurnGivesUpWhereNobodyListens(t *testing.T) {
	g := churner(t, "ws://127.0.0.1:1/", 100)
	o := g.Churn(t.Context(), Churn{Messages: 1, Duration: time.Hour})
	if n := o.Errors["dial: dial: connect: connection refused"]; n < 4 || o.Elapsed > patience {
		t.Errorf("%v in %v", o.Errors, o.Elapsed)
	}
}
