package load

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// serve runs a server in this process until the test ends, and gives its URL.
func serve(t *testing.T, h engine.HandlerFuncs, o engine.Options) (url string, srv *engine.Server) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url = "ws://" + l.Addr().String() + "/"
	srv = engine.NewServer(h, o)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		if err := <-served; !errors.Is(err, engine.ErrServerClosed) {
			t.Error(err)
		}
	})
	return url, srv
}

func dial(t *testing.T, url string, n int) *Group {
	t.Helper()
	g, err := New(Options{URL: url, Conns: n, Parallel: 4, MaxSize: 1 << 20, MaxDepth: 10})
	if err != nil {
		t.Fatal(err)
	}
	g.Dial(t.Context())
	return g
}

func echo(c *engine.Conn, op codec.Opcode, p []byte) { c.Send(op, p) }

func TestExchange(t *testing.T) {
	url, srv := serve(t, engine.HandlerFuncs{Message: echo}, engine.Options{})
	g := dial(t, url, 20)
	if g.Open() != 20 {
		t.Fatalf("%d open: %v", g.Open(), g.Errors.Kinds())
	}
	cases := []struct {
		name         string
		run          Run
		conns        int
		least, exact uint64 // messages
	}{
		{"once", Run{Size: 1024, Depth: 1, Messages: 1, Duration: time.Minute}, 20, 20, 20},
		{"deep", Run{Size: 125, Depth: 10, Messages: 33, Duration: time.Minute}, 20, 660, 660},
		{"some", Run{Conns: 3, Size: 1, Depth: 2, Messages: 5, Duration: time.Minute}, 3, 15, 15},
		{"timed", Run{Size: 125, Depth: 1, Duration: 100 * time.Millisecond}, 20, 20, 0},
		{"empty", Run{Size: 0, Depth: 3, Duration: 20 * time.Millisecond}, 20, 20, 0},
		{"large", Run{Conns: 2, Size: 1 << 20, Depth: 2, Messages: 3, Duration: time.Minute}, 2, 6, 6},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := g.Exchange(t.Context(), c.run)
			if r.Conns != c.conns || r.Messages < c.least || c.exact > 0 && r.Messages != c.exact {
				t.Errorf("%d messages on %d connections", r.Messages, r.Conns)
			}
			if r.Elapsed <= 0 || r.Latency.Max() <= 0 || r.Latency.Max() > time.Minute || r.Latency.Count() != r.Messages || r.Sent != r.Messages {
				t.Errorf("elapsed %v, latency up to %v, %d latencies, %d sent", r.Elapsed, r.Latency.Max(), r.Latency.Count(), r.Sent)
			}
			if g.Errors.Total() != 0 {
				t.Fatal(g.Errors.Kinds())
			}
		})
	}
	g.Close()
	if g.Open() != 0 || g.Errors.Total() != 0 {
		t.Errorf("%d open after Close: %v", g.Open(), g.Errors.Kinds())
	}
	if in := srv.Stats().MessagesIn; in < 20+660+15+20+20+6 {
		t.Errorf("the server got %d messages", in)
	}
}

// Each bad server costs each connection one error, and none goes unnoticed.
func TestBadServers(t *testing.T) {
	defer func(d time.Duration) { answerTimeout = d }(answerTimeout)
	answerTimeout = 200 * time.Millisecond
	cases := []struct {
		name  string
		reply func(c *engine.Conn, op codec.Opcode, p []byte)
		want  string
	}{
		{"changes a byte", func(c *engine.Conn, op codec.Opcode, p []byte) { p[len(p)-1]++; c.Send(op, p) }, "differs"},
		{"drops a byte", func(c *engine.Conn, op codec.Opcode, p []byte) { c.Send(op, p[1:]) }, "differs"},
		{"changes the opcode", func(c *engine.Conn, _ codec.Opcode, p []byte) {
			c.Send(codec.Text, []byte(strings.Repeat("a", len(p))))
		}, "differs"},
		{"answers twice", func(c *engine.Conn, op codec.Opcode, p []byte) { c.Send(op, p); c.Send(op, p) }, "differs"},
		{"keeps silent", func(*engine.Conn, codec.Opcode, []byte) {}, "no reply in time"},
		{"closes", func(c *engine.Conn, _ codec.Opcode, _ []byte) { c.Close(codec.CloseTryAgainLater, "") }, "closed"},
		{"hangs up", func(c *engine.Conn, _ codec.Opcode, _ []byte) { c.Abort() }, "closed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			url, _ := serve(t, engine.HandlerFuncs{Message: c.reply}, engine.Options{})
			g := dial(t, url, 5)
			g.Exchange(t.Context(), Run{Size: 125, Depth: 2, Duration: 50 * time.Millisecond})
			g.Close()
			for kind, n := range g.Errors.Kinds() {
				if !strings.Contains(kind, c.want) || n != 5 {
					t.Errorf("%d times %q, want 5 times %q", n, kind, c.want)
				}
			}
			if g.Errors.Total() != 5 || g.Open() != 0 {
				t.Errorf("%d errors, %d open", g.Errors.Total(), g.Open())
			}
		})
	}
}

func TestMessageThatNobodyAskedFor(t *testing.T) {
	url, _ := serve(t, engine.HandlerFuncs{Open: func(c *engine.Conn) { c.SendText("hello") }}, engine.Options{})
	g := dial(t, url, 1)
	g.Wait()
	if n := g.Errors.Kinds()["message that nobody asked for"]; n != 1 {
		t.Errorf("%v", g.Errors.Kinds())
	}
}

// Only a server that was expected to go, and goes in good order, is no error.
func TestServerGoesAway(t *testing.T) {
	for _, c := range []struct{ expected, graceful bool }{{true, true}, {false, true}, {true, false}} {
		url, srv := serve(t, engine.HandlerFuncs{Message: echo}, engine.Options{})
		g := dial(t, url, 5)
		if c.expected {
			g.ExpectClose(codec.CloseGoingAway)
		}
		if !c.graceful {
			srv.Close()
		} else if err := srv.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.Wait()
		want := 5
		if c.expected && c.graceful {
			want = 0
		}
		if got := g.Errors.Total(); got != want {
			t.Errorf("%+v: errors %v, want %d", c, g.Errors.Kinds(), want)
		}
	}
}

func TestRefusedHandshakes(t *testing.T) {
	refuse := func(*handshake.Request) (engine.Accept, error) {
		return engine.Accept{}, handshake.Reject(http.StatusForbidden, "no")
	}
	url, _ := serve(t, engine.HandlerFuncs{}, engine.Options{Upgrade: refuse})
	g := dial(t, url, 100)
	if g.Open() != 0 || g.Errors.Total() < 4 || g.Errors.Total() > 8 {
		t.Errorf("gave up after %d errors, with %d open: %v", g.Errors.Total(), g.Open(), g.Errors.Kinds())
	}
	for kind := range g.Errors.Kinds() {
		if !strings.Contains(kind, "dial") || !strings.Contains(kind, "403") {
			t.Errorf("unexpected kind %q", kind)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	g := dial(t, "ws://127.0.0.1:1/", 100)
	if n := g.Errors.Kinds()["dial: dial: connect: connection refused"]; n < 4 || n != g.Errors.Total() {
		t.Errorf("%v", g.Errors.Kinds())
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	url, _ := serve(t, engine.HandlerFuncs{}, engine.Options{})
	g, err := New(Options{URL: url, Conns: 1_000_000, Parallel: 2, Rate: 1000})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	g.Dial(ctx)
	if n := g.Open(); n < 1 || n > 150 || g.Errors.Total() != 0 {
		t.Errorf("%d open after 0.1 s at 1,000 a second: %v", n, g.Errors.Kinds())
	}
	g.Close()
}

func TestExchangeEndsWithItsContext(t *testing.T) {
	url, _ := serve(t, engine.HandlerFuncs{Message: echo}, engine.Options{})
	g := dial(t, url, 2)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	r := g.Exchange(ctx, Run{Size: 10, Depth: 1, Duration: time.Hour})
	g.Close()
	if r.Elapsed > time.Minute || g.Errors.Total() != 0 {
		t.Errorf("%v: %v", r.Elapsed, g.Errors.Kinds())
	}
}

// With no allocation for a message, collections stay rare however fast it is.
func TestExchangeAllocatesNothing(t *testing.T) {
	url, _ := serve(t, engine.HandlerFuncs{Message: echo}, engine.Options{Loops: 1})
	g := dial(t, url, 1)
	defer g.Close()
	const messages = 1000
	allocated := testing.AllocsPerRun(10, func() {
		g.Exchange(t.Context(), Run{Size: 125, Depth: 1, Messages: messages, Duration: time.Minute})
	})
	if allocated > messages/10 { // an exchange has some of its own
		t.Errorf("%v allocations for %d messages", allocated, messages)
	}
}
