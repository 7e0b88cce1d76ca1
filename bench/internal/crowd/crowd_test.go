package crowd

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// serve runs a server in this process until the test ends: it echoes, and what
// comes on /all it sends to all.
func serve(t *testing.T, h engine.HandlerFuncs, o engine.Options) (addr string, srv *engine.Server) {
	t.Helper()
	l, err := net.Listen("tcp4", ":0")
	if err != nil {
		t.Fatal(err)
	}
	o.Upgrade = func(r *handshake.Request) (engine.Accept, error) {
		return engine.Accept{Data: string(r.Path())}, nil
	}
	if h.Message == nil {
		h.Message = func(c *engine.Conn, op codec.Opcode, p []byte) {
			if c.Data() == "/all" {
				srv.Broadcast(codec.Prepare(op, p))
				return
			}
			c.Send(op, p)
		}
	}
	srv = engine.NewServer(h, o)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		if err := <-served; !errors.Is(err, engine.ErrServerClosed) {
			t.Error(err)
		}
	})
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "127.0.0.1:" + port, srv
}

func opened(t *testing.T, addr string, n int, patience time.Duration) *Crowd {
	t.Helper()
	c, err := New(Options{Addr: addr, First: "/all", Path: "/", Conns: n, Window: 64, Size: 125, Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if o := c.Open(t.Context()); o.Open != n || o.Conns != n || o.Connect.Count() != uint64(n) || len(o.Errors) > 0 {
		t.Fatalf("%d of %d open, %d latencies, %v", o.Open, n, o.Connect.Count(), o.Errors)
	}
	return c
}

const patience = 20 * time.Second

func TestCrowd(t *testing.T) {
	const n = 500
	addr, srv := serve(t, engine.HandlerFuncs{}, engine.Options{IdleTimeout: 400 * time.Millisecond})
	c := opened(t, addr, n, patience)
	if o := c.Echo(t.Context()); o.Sent != n-1 || o.Messages != n-1 || o.Latency.Count() != n-1 || len(o.Errors) > 0 {
		t.Errorf("echo: %+v", o)
	}
	c.Hold(t.Context(), 600*time.Millisecond) // would be cut if it did not answer pings
	if c.Connected() != n {
		t.Errorf("%d of %d are left, %v", c.Connected(), n, c.Errors())
	}
	if o := c.Broadcast(t.Context()); o.Messages != n || len(o.Errors) > 0 {
		t.Errorf("broadcast: %+v", o)
	}
	down := make(chan error, 1)
	go func() { down <- srv.Shutdown(context.Background()) }()
	if closed := c.AwaitClose(t.Context(), codec.CloseGoingAway); closed != n {
		t.Errorf("%d of %d closed", closed, n)
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if c.Received() != 2*n-1 || len(c.Errors()) > 0 {
		t.Errorf("%d received, %v", c.Received(), c.Errors())
	}
}

// What comes in pieces is put together.
func TestCrowdInPieces(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go dribble(nc)
		}
	}()
	c := opened(t, l.Addr().String(), 3, patience)
	if o := c.Echo(t.Context()); o.Messages != 2 || len(o.Errors) > 0 {
		t.Errorf("%+v", o)
	}
}

// dribble answers a handshake and a message byte by byte.
func dribble(nc net.Conn) {
	defer nc.Close()
	b := make([]byte, 4096)
	nc.Read(b)
	send := func(p []byte) {
		for i := range p {
			nc.Write(p[i : i+1])
		}
	}
	send([]byte("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n"))
	d := codec.NewDecoder(&codec.Config{})
	n, _ := nc.Read(b)
	if op, p, _, err := d.Next(b[:n]); err == nil {
		send(codec.AppendFrame(nil, op, p))
	}
	d.Release()
	nc.Read(b)
}

// Each bad server costs each connection one error, and none goes unnoticed.
func TestBadServers(t *testing.T) {
	var sent atomic.Int64
	cases := []struct {
		name  string
		reply func(c *engine.Conn, op codec.Opcode, p []byte)
		want  string
	}{
		{"changes a byte", func(c *engine.Conn, op codec.Opcode, p []byte) { p[len(p)-1]++; c.Send(op, p) }, "differs"},
		{"drops a byte", func(c *engine.Conn, op codec.Opcode, p []byte) { c.Send(op, p[1:]) }, "differs"},
		{"keeps silent", func(*engine.Conn, codec.Opcode, []byte) {}, "no answer in time"},
		{"closes", func(c *engine.Conn, _ codec.Opcode, _ []byte) { c.Close(codec.CloseTryAgainLater, "") }, "closed by the server with 1013"},
		{"hangs up", func(c *engine.Conn, _ codec.Opcode, _ []byte) { c.Abort() }, "without a Close frame"},
		{"answers with another's", func(c *engine.Conn, op codec.Opcode, p []byte) { p[0] = byte(sent.Add(1)) + 100; c.Send(op, p) }, "differs"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			addr, _ := serve(t, engine.HandlerFuncs{Message: test.reply}, engine.Options{})
			c := opened(t, addr, 5, 200*time.Millisecond)
			o := c.Echo(t.Context())
			for kind, n := range o.Errors {
				if !strings.Contains(kind, test.want) || n != 4 {
					t.Errorf("%d times %q, want 4 times %q", n, kind, test.want)
				}
			}
			if len(o.Errors) != 1 || o.Messages != 0 || c.Connected() != 1 {
				t.Errorf("%d messages, %d open, %v", o.Messages, c.Connected(), o.Errors)
			}
		})
	}
}

// A message that comes twice is one too many, and so is one that is missing.
func TestBadBroadcasts(t *testing.T) {
	for name, times := range map[string]int{"never": 0, "twice": 2} {
		t.Run(name, func(t *testing.T) {
			var srv *engine.Server
			reply := func(_ *engine.Conn, op codec.Opcode, p []byte) {
				for range times {
					srv.Broadcast(codec.Prepare(op, p))
				}
			}
			addr, s := serve(t, engine.HandlerFuncs{Message: reply}, engine.Options{Loops: 1})
			srv = s
			c := opened(t, addr, 5, 200*time.Millisecond)
			c.Broadcast(t.Context())
			c.Hold(t.Context(), 100*time.Millisecond)
			failed := 0
			for _, n := range c.Errors() {
				failed += n
			}
			if failed != 5 || c.Connected() != 0 {
				t.Errorf("%v, %d open", c.Errors(), c.Connected())
			}
		})
	}
}

func TestRefusedAndAbsentServers(t *testing.T) {
	addr, _ := serve(t, engine.HandlerFuncs{}, engine.Options{Subprotocols: []string{"none"}, CheckOrigin: func(*handshake.Request) bool { return false }})
	for at, want := range map[string]string{addr: "403", "127.0.0.1:1": "refused"} {
		c, err := New(Options{Addr: at, Path: "/", First: "/", Conns: 3, Window: 2, Size: MinSize, Patience: patience})
		if err != nil {
			t.Fatal(err)
		}
		o := c.Open(t.Context())
		c.Close()
		for kind, n := range o.Errors {
			if !strings.Contains(kind, want) || n != 3 {
				t.Errorf("%s: %d times %q", at, n, kind)
			}
		}
		if o.Open != 0 || len(o.Errors) != 1 {
			t.Errorf("%s: %+v", at, o)
		}
	}
}

func TestCrowdEndsWithItsContext(t *testing.T) {
	addr, _ := serve(t, engine.HandlerFuncs{}, engine.Options{})
	c := opened(t, addr, 3, patience)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.Hold(ctx, time.Hour)
	if c.Connected() != 3 || len(c.Errors()) > 0 {
		t.Errorf("%d open, %v", c.Connected(), c.Errors())
	}
}

func TestContentsDiffer(t *testing.T) {
	c := newContents(125)
	seen := map[string]bool{}
	for key := range uint64(1000) {
		seen[string(c.of(key))] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d different messages of 1000", len(seen))
	}
}
