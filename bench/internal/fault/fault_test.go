package fault

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// serve runs an echo server in this process until the test ends.
func serve(t *testing.T, o engine.Options) (addr string, srv *engine.Server) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv = engine.NewServer(engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) { c.Send(op, p) }}, o)
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

// options are for a server with limits that a client on a busy machine does not
// exceed by chance.
func options(addr string) Options {
	return Options{
		Addr: addr, Clients: len(kinds), Pause: 10 * time.Millisecond, Messages: true,
		HandshakeTimeout: 3 * time.Second, IdleTimeout: 3 * time.Second, WriteTimeout: 3 * time.Second,
		MaxMessageRate: 20_000, Patience: 30 * time.Second,
	}
}

func limits(o Options) engine.Options {
	return engine.Options{
		HandshakeTimeout: o.HandshakeTimeout, IdleTimeout: o.IdleTimeout, WriteTimeout: o.WriteTimeout,
		CloseTimeout: o.WriteTimeout, MaxMessageRate: o.MaxMessageRate,
	}
}

const rounds = 2

// The engine does what it should about each fault, and none leaves anything.
func TestEachFault(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			o := options("")
			addr, srv := serve(t, limits(o))
			o.Addr = addr
			p, random := New(o), rand.New(rand.NewPCG(1, 1))
			for range rounds {
				p.one(k, random)
			}
			if p.Played()[k.name] != rounds || len(p.Errors()) != 0 {
				t.Errorf("%v, %v", p.Played(), p.Errors())
			}
			for end := time.Now().Add(o.Patience); !allGone(srv.Stats(), rounds); time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("something is left: %+v", srv.Stats())
				}
			}
		})
	}
}

// allGone reports whether n connections have come and left nothing.
func allGone(s engine.Stats, n uint64) bool {
	return s.Accepted == n && s.Connections == 0 && s.Timers == 0 && s.Memory == 0
}

func TestRun(t *testing.T) {
	o := options("")
	o.Addr, _ = serve(t, limits(o))
	p := New(o)
	ctx, cancel := context.WithCancel(t.Context())
	played := make(chan struct{})
	go func() {
		defer close(played)
		p.Run(ctx)
	}()
	for end := time.Now().Add(o.Patience); len(p.Played()) < len(kinds)/2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("only %v", p.Played())
		}
	}
	cancel()
	<-played
	if len(p.Errors()) != 0 {
		t.Error(p.Errors())
	}
}

// A server that takes whatever comes for as long as it likes is found out.
func TestIndifferentServer(t *testing.T) {
	o := options("")
	o.Addr, _ = serve(t, engine.Options{HandshakeTimeout: -1, IdleTimeout: -1, WriteTimeout: -1, MaxMessage: 8 << 20, MaxFragments: 1 << 20})
	o.HandshakeTimeout, o.IdleTimeout, o.WriteTimeout = time.Millisecond, time.Millisecond, time.Millisecond
	o.Patience = 3 * time.Second
	for _, name := range []string{
		"never ends its request", "does nothing", "floods and does not read",
		"sends too large a message", "sends too many fragments", "sends too many messages",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := New(o)
			for _, k := range kinds {
				if k.name == name {
					p.one(k, rand.New(rand.NewPCG(1, 1)))
				}
			}
			for text := range p.Errors() {
				if !strings.Contains(text, "client that "+name) {
					t.Error(text)
				}
			}
			if len(p.Errors()) != 1 {
				t.Errorf("%v", p.Errors())
			}
		})
	}
}

// Those that send whole messages have to be asked for.
func TestWithoutMessages(t *testing.T) {
	o := options("127.0.0.1:1")
	o.Messages = false
	p := New(o)
	for _, k := range kinds {
		p.one(k, nil)
		if _, played := p.Played()[k.name]; played == k.messages {
			t.Errorf("%s: played %v", k.name, played)
		}
	}
}
