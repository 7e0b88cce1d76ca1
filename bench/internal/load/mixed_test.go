package load

import (
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// play opens a scenario's connections and plays it.
func play(t *testing.T, g *Group, s Scenario) (opened, played result.Outcome) {
	t.Helper()
	return g.DialMixed(t.Context(), s), g.Play(t.Context(), s.Duration)
}

func mixed(t *testing.T, url string) *Group {
	t.Helper()
	g, err := New(Options{URL: url, Parallel: 4, MaxDepth: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func TestMixed(t *testing.T) {
	url, srv := serve(t, engine.HandlerFuncs{Message: echo}, engine.Options{})
	g := mixed(t, url)
	opened, o := play(t, g, Scenario{Duration: 500 * time.Millisecond, Groups: []Habit{
		{Name: "idle", Conns: 20},
		{Name: "chat", Conns: 10, Rate: 10, Size: 50, MaxSize: 500},
		{Name: "slow", Conns: 2, Rate: 20, Size: 100, MaxSize: 100, Read: 1000},
		{Name: "reconnecting", Conns: 4, Rate: 10, Size: 100, MaxSize: 100, Reconnect: 200 * time.Millisecond},
		{Name: "nobody"},
	}})
	want := []struct {
		name        string
		conns, open int
		messages    uint64
	}{{"idle", 20, 20, 0}, {"chat", 10, 10, 50}, {"slow", 2, 2, 20}, {"reconnecting", 4, 4, 20}, {"nobody", 0, 0, 0}}
	for i, w := range want {
		p := o.Groups[i]
		if p.Name != w.name || p.Conns != w.conns || p.Open != w.open || p.Messages+p.Late != w.messages || len(p.Errors) != 0 {
			t.Errorf("want %+v, got %d of %d open, %d messages, %d late, errors %v", w, p.Open, p.Conns, p.Messages, p.Late, p.Errors)
		}
		if p.Latency.Count() != p.Messages+p.Late || p.Sent != p.Messages {
			t.Errorf("%s: %d latencies, %d sent", p.Name, p.Latency.Count(), p.Sent)
		}
	}
	if opened.Conns != 36 || opened.Open != 36 || opened.Connect.Count() != 36 || o.Connect.Count() == 0 || opened.CPU <= 0 || opened.Elapsed <= 0 {
		t.Errorf("opened %+v", opened)
	}
	slow := o.Groups[2].Latency
	if o.Conns != 36 || o.Open != 36 || g.Open() != 34 || o.Messages+o.Late != 90 || len(o.Errors) != 0 || o.CPU <= 0 {
		t.Errorf("in all: %d of %d open, %d messages, errors %v, CPU %v", o.Open, o.Conns, o.Messages, o.Errors, o.CPU)
	}
	if o.Latency.Count() != o.Messages+o.Late-slow.Count() {
		t.Errorf("%d latencies of %d messages, of which %d were read slowly", o.Latency.Count(), o.Messages, slow.Count())
	}
	if n := srv.Stats().Opened; n <= 36 {
		t.Errorf("the server has seen %d connections: nobody has reconnected", n)
	}
	if s := g.Sample(); s.Open != 34 || s.Messages != o.Messages || s.Latency.Count() != o.Latency.Count() || s.Errors != 0 {
		t.Errorf("%d open, %d messages, %d latencies, %d errors", s.Open, s.Messages, s.Latency.Count(), s.Errors)
	}
	g.Close()
	if g.Open() != 0 || g.Errors.Total() != 0 {
		t.Errorf("%d open after Close, errors %v", g.Open(), g.Errors.Kinds())
	}
}

func TestErrorsOfAGroupAreThoseOfAll(t *testing.T) {
	url, _ := serve(t, engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) { c.Abort() }}, engine.Options{})
	g := mixed(t, url)
	_, o := play(t, g, Scenario{Duration: 50 * time.Millisecond, Groups: []Habit{
		{Name: "idle", Conns: 3}, {Name: "chat", Conns: 3, Rate: 1000, Size: 10, MaxSize: 10},
	}})
	errors := 0 // of several kinds: an end may be seen by reading or by writing
	for kind, n := range o.Errors {
		if errors += n; o.Groups[1].Errors[kind] != n {
			t.Errorf("%d of %q are not those of the group", n, kind)
		}
	}
	if errors != 3 || len(o.Groups[0].Errors) != 0 || g.Errors.Total() != 3 || g.Open() != 3 {
		t.Errorf("errors %v, of the idle %v, in all %v, %d open", o.Errors, o.Groups[0].Errors, g.Errors.Kinds(), g.Open())
	}
}
