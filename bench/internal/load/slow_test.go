package load

import (
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// readSlowly plays a group of three slow readers against a server.
func readSlowly(t *testing.T, h engine.HandlerFuncs, o engine.Options, habit Habit) (g *Group, cut int, errors map[string]int, max time.Duration) {
	t.Helper()
	url, _ := serve(t, h, o)
	g = mixed(t, url)
	habit.Name, habit.Conns, habit.MaxSize = "slow", 3, habit.Size
	_, total := play(t, g, Scenario{Duration: 300 * time.Millisecond, Groups: []Habit{habit}})
	outcome := total.Groups[0]
	return g, outcome.Cut, outcome.Errors, outcome.Latency.Max()
}

// What is read at 10,000 bytes a second but comes with 50,000 waits.
func TestSlowReadersAreSlow(t *testing.T) {
	_, cut, errors, max := readSlowly(t, engine.HandlerFuncs{Message: echo}, engine.Options{}, Habit{Rate: 50, Size: 1000, Read: 10_000})
	if cut != 0 || len(errors) != 0 || max < 150*time.Millisecond {
		t.Errorf("%d cut, errors %v, latency up to %v", cut, errors, max)
	}
}

func TestCutSlowReadersAreNoErrors(t *testing.T) {
	for name, end := range map[string]func(c *engine.Conn){
		"1008":   func(c *engine.Conn) { c.Close(codec.ClosePolicyViolation, "too slow") },
		"aborts": func(c *engine.Conn) { c.Abort() },
	} {
		g, cut, errors, _ := readSlowly(t, endAfter(10, end), engine.Options{}, Habit{Rate: 100, Size: 1000, Read: 1000})
		if cut != 3 || len(errors) != 0 || g.Open() != 0 {
			t.Errorf("%s: %d cut, errors %v, %d open", name, cut, errors, g.Open())
		}
	}
}

// endAfter is a server that answers nothing and ends a connection at its n-th
// message.
func endAfter(n int, end func(c *engine.Conn)) engine.HandlerFuncs {
	return engine.HandlerFuncs{Message: func(c *engine.Conn, _ codec.Opcode, _ []byte) {
		seen, _ := c.Data().(int)
		if c.SetData(seen + 1); seen+1 == n {
			end(c)
		}
	}}
}

// To end a connection on which little waits is no cut, whether its reader is
// called slow or not.
func TestEndedSlowReadersAreErrors(t *testing.T) {
	_, cut, errors, _ := readSlowly(t, endAfter(1, func(c *engine.Conn) { c.Abort() }), engine.Options{}, Habit{Rate: 50, Size: 10, Read: 1000})
	n := 0
	for _, times := range errors {
		n += times
	}
	if cut != 0 || n != 3 {
		t.Errorf("%d cut, errors %v", cut, errors)
	}
}

// A server that is gone has cut nobody.
func TestSlowReadersOfADeadServer(t *testing.T) {
	url, srv := serve(t, engine.HandlerFuncs{}, engine.Options{})
	g := mixed(t, url)
	dead := time.AfterFunc(200*time.Millisecond, func() { srv.Close() })
	defer dead.Stop()
	_, o := play(t, g, Scenario{Duration: 500 * time.Millisecond, Groups: []Habit{{Name: "slow", Conns: 3, Rate: 1000, Size: 1000, MaxSize: 1000, Read: 1000}}})
	if o.Cut != 0 || len(o.Errors) == 0 || o.Open != 0 {
		t.Errorf("%d cut, errors %v, %d open", o.Cut, o.Errors, o.Open)
	}
}

// Slow readers that cannot be opened are given up like others.
func TestSlowReadersGiveUp(t *testing.T) {
	g := mixed(t, "ws://127.0.0.1:1/")
	o, _ := play(t, g, Scenario{Duration: time.Millisecond, Groups: []Habit{{Name: "slow", Conns: 1000, Rate: 1, Read: 1}}})
	if n := o.Errors["dial: dial: connect: connection refused"]; n < 4 || n > 8 {
		t.Errorf("%v", o.Errors)
	}
}

func TestErrorsOfSlowReaders(t *testing.T) {
	defer func(d time.Duration) { answerTimeout = d }(answerTimeout)
	answerTimeout = 2 * time.Second
	for want, reply := range map[string]func(c *engine.Conn, op codec.Opcode, p []byte){
		"differs":       func(c *engine.Conn, op codec.Opcode, p []byte) { p[0]++; c.Send(op, p) },
		"nobody asked":  func(c *engine.Conn, op codec.Opcode, p []byte) { c.Send(op, p); c.Send(op, p) },
		"before all":    func(*engine.Conn, codec.Opcode, []byte) {},
		"closed: 1011":  func(c *engine.Conn, _ codec.Opcode, _ []byte) { c.Close(codec.CloseInternalError, "") },
		"though nobody": func(c *engine.Conn, op codec.Opcode, p []byte) { c.Send(op, p); c.Close(codec.CloseNormal, "") },
	} {
		_, cut, errors, _ := readSlowly(t, engine.HandlerFuncs{Message: reply}, engine.Options{}, Habit{Rate: 6, Size: 10, Read: 100_000})
		for kind, n := range errors {
			if n != 3 || !strings.Contains(kind, want) {
				t.Errorf("%d of %q, want %q", n, kind, want)
			}
		}
		if cut != 0 || len(errors) != 1 {
			t.Errorf("%s: %d cut, errors %v", want, cut, errors)
		}
	}
}
