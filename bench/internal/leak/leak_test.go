package leak

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// reply is what a server does about a message.
type reply func(srv *engine.Server, c *engine.Conn, op codec.Opcode, p []byte)

// serve runs a server in this process until the test ends.
func serve(t *testing.T, message reply, o engine.Options) (addr string, srv *engine.Server) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv = engine.NewServer(engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) {
		message(srv, c, op, p)
	}}, o)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		if err := <-served; !errors.Is(err, engine.ErrServerClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String(), srv
}

func echo(_ *engine.Server, c *engine.Conn, op codec.Opcode, p []byte) { c.Send(op, p) }

func do(t *testing.T, o Options) Result {
	t.Helper()
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	result, err := r.Do(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func options(addr string) Options {
	return Options{Addr: addr, Conns: 20, Threads: 2, Depth: 16, Messages: 20_000, Life: 100, Patience: 20 * time.Second}
}

// sound fails unless all went well, with connections that ended in all ways.
func sound(t *testing.T, r Result, o Options, ends ...string) {
	t.Helper()
	if r.Faults != 0 || r.Messages < o.Messages || r.Bytes < 10*r.Messages || r.Pongs == 0 || r.Conns < uint64(2*o.Conns) {
		t.Errorf("%+v", r)
	}
	for _, end := range ends {
		if r.Ends[end] == 0 {
			t.Errorf("none was %s: %v", end, r.Ends)
		}
	}
}

func TestEcho(t *testing.T) {
	for name, workers := range map[string]int{"loop": 0, "workers": 4} {
		t.Run(name, func(t *testing.T) {
			addr, srv := serve(t, echo, engine.Options{Workers: workers})
			sound(t, do(t, options(addr)), options(addr), Ends[:4]...)
			if s := srv.Stats(); s.MessagesIn < 20_000 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestBroadcast(t *testing.T) {
	for name, workers := range map[string]int{"loop": 0, "workers": 4} {
		t.Run(name, func(t *testing.T) {
			addr, _ := serve(t, func(srv *engine.Server, _ *engine.Conn, op codec.Opcode, p []byte) {
				srv.Broadcast(codec.Prepare(op, p))
			}, engine.Options{Workers: workers})
			o := options(addr)
			o.Broadcast = true
			sound(t, do(t, o), o, "closed", "reset", "reset within a message")
		})
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	addr, _ := serve(t, echo, engine.Options{})
	o := options(addr)
	o.Messages = 1 << 40
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stop := time.AfterFunc(time.Minute, cancel)
	defer stop.Stop()
	go func() {
		for r.Verified() < 1000 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if result, err := r.Do(ctx); err != nil || result.Faults != 0 || result.Messages < 1000 {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestNobodyListens(t *testing.T) {
	if r := do(t, options("127.0.0.1:1")); r.Messages != 0 || r.Faults != 20 || !strings.Contains(r.Examples[0], "refused") {
		t.Errorf("%+v", r)
	}
}

func TestOptions(t *testing.T) {
	for _, change := range []func(*Options){
		func(o *Options) { o.Threads = 0 },
		func(o *Options) { o.Conns = 1 },
		func(o *Options) { o.Depth = maxDepth + 1 },
		func(o *Options) { o.Life = 0 },
		func(o *Options) { o.Patience = 0 },
		func(o *Options) { o.Broadcast, o.Conns = true, publishers },
	} {
		o := options("127.0.0.1:1")
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
