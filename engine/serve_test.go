package engine_test

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// patience is how long anything that must happen may take.
const patience = 20 * time.Second

// running is a server that serves at addr until the end of the test.
type running struct {
	*engine.Server
	addr net.Addr
}

// serve starts a server at a loopback address.
func serve(t testing.TB, h engine.Handler, o engine.Options) *running {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveAt(t, l, h, o)
}

func serveAt(t testing.TB, l net.Listener, h engine.Handler, o engine.Options) *running {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Loops == 0 {
		o.Loops = 1
	}
	s := &running{engine.NewServer(h, o), l.Addr()}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := receive(t, "Serve to return", served); !errors.Is(err, engine.ErrServerClosed) {
			t.Errorf("Serve returned %v, want ErrServerClosed", err)
		}
	})
	return s
}

func (s *running) url() string { return "ws://" + s.addr.String() + "/" }

// echo sends every message back.
func echo(c *engine.Conn, op codec.Opcode, payload []byte) { c.Send(op, payload) }

var echoing = engine.HandlerFuncs{Message: echo}

// recorder is a handler that hands out the connections that open and how they
// end, besides doing what it was made of.
type recorder struct {
	engine.HandlerFuncs
	opened chan *engine.Conn
	closed chan *engine.CloseError
}

func record(f engine.HandlerFuncs) *recorder {
	return &recorder{f, make(chan *engine.Conn, 1000), make(chan *engine.CloseError, 1000)}
}

func (r *recorder) OnOpen(c *engine.Conn) {
	r.opened <- c
	r.HandlerFuncs.OnOpen(c)
}

func (r *recorder) OnClose(c *engine.Conn, err error) {
	r.closed <- err.(*engine.CloseError)
	r.HandlerFuncs.OnClose(c, err)
}

// conn gives the next connection that opens.
func (r *recorder) conn(t testing.TB) *engine.Conn {
	t.Helper()
	return receive(t, "a connection to open", r.opened)
}

// end tells how the next connection ends.
func (r *recorder) end(t testing.TB) *engine.CloseError {
	t.Helper()
	return receive(t, "a connection to close", r.closed)
}

// receive waits for a value.
func receive[T any](t testing.TB, what string, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
	return v
}

// eventually waits until cond holds, for what cannot be waited for otherwise.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// within gives a context for what must not take long.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// benchmarking tells that benchmarks alone are run, as with -run='^$'. Beside
// tests they pass too, but are slower, as buffers are poisoned.
func benchmarking() bool {
	return flag.Lookup("test.bench").Value.String() != "" && flag.Lookup("test.run").Value.String() != ""
}
