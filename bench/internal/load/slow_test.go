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
	outcome := g.Mixed(t.Context(), Scenario{Duration: 300 * time.Millisecond, Groups: []Habit{habit}}).Groups[0]
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
		cutter := engine.HandlerFuncs{Message: func(c *engine.Conn, _ codec.Opcode, _ []byte) { end(c) }}
		g, cut, errors, _ := readSlowly(t, cutter, engine.Options{}, Habit{Rate: 50, Size: 10, Read: 1000})
		if cut != 3 || len(errors) != 0 || g.Open() != 0 {
			t.Errorf("%s: %d cut, errors %v, %d open", name, cut, errors, g.Open())
		}
	}
}

func TestErrorsOfSlowReaders(t *testing.T) {
	defer func(d time.Duration) { answerTimeout = d }(answerTimeout)
	answerTimeout = 200 * time.Millisecond
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
