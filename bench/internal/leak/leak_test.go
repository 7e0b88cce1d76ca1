package leak

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
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

// wrong is a handler with a fault in one of 500 messages.
type wrong struct {
	mu   sync.Mutex
	seen int
	kept *engine.Conn
	op   codec.Opcode
	p    []byte
}

func (w *wrong) now() bool {
	w.seen++
	return w.seen%500 == 0
}

// keep keeps a message for later.
func (w *wrong) keep(c *engine.Conn, op codec.Opcode, p []byte) {
	w.kept, w.op, w.p = c, op, bytes.Clone(p)
}

// None of the ways to be wrong goes unnoticed, and the report says which it is.
func TestWrongServers(t *testing.T) {
	cases := map[string]struct {
		want    string // in one of the faults
		missing bool   // something does not come, and has to be waited for
		reply   func(w *wrong, c *engine.Conn, op codec.Opcode, p []byte)
	}{
		"swaps the messages of two connections": {"ANOTHER CONNECTION'S message", false, func(w *wrong, c *engine.Conn, op codec.Opcode, p []byte) {
			switch {
			case w.kept != nil && w.kept != c:
				w.kept.Send(op, p)
				c.Send(w.op, w.p)
				w.kept = nil
			case w.kept == nil && w.now():
				w.keep(c, op, p)
			default:
				c.Send(op, p)
			}
		}},
		"uses a buffer of another's again": {"ANOTHER CONNECTION'S message", false, func(w *wrong, c *engine.Conn, op codec.Opcode, p []byte) {
			if len(p) >= 64 && w.kept == nil {
				w.keep(c, op, p)
			} else if len(p) >= 64 && w.kept != c && w.now() {
				copy(p[32:], w.p[32:])
				w.kept = nil
			}
			c.Send(op, p)
		}},
		"flips a bit": {"1 wrong bit in all", false, func(w *wrong, c *engine.Conn, op codec.Opcode, p []byte) {
			if w.now() && len(p) > 0 {
				p[len(p)/2] ^= 1
			}
			c.Send(op, p)
		}},
		"repeats": {"its own earlier message", false, func(w *wrong, c *engine.Conn, op codec.Opcode, p []byte) {
			if w.now() {
				c.Send(op, p)
			}
			c.Send(op, p)
		}},
		"drops": {"its own later message", true, func(w *wrong, c *engine.Conn, op codec.Opcode, p []byte) {
			if !w.now() {
				c.Send(op, p)
			}
		}},
		"reorders": {"its own later message", false, func(w *wrong, c *engine.Conn, op codec.Opcode, p []byte) {
			switch {
			case w.kept == nil && w.now():
				w.keep(c, op, p)
			case w.kept == c:
				c.Send(op, p)
				c.Send(w.op, w.p)
				w.kept = nil
			default:
				c.Send(op, p)
			}
		}},
		"cuts": {"it was cut to", false, func(w *wrong, c *engine.Conn, op codec.Opcode, p []byte) {
			if w.now() && len(p) > 0 {
				p = p[:len(p)-1]
			}
			c.Send(op, p)
		}},
		"adds a byte": {"1 B more", false, func(w *wrong, c *engine.Conn, op codec.Opcode, p []byte) {
			if w.now() {
				p = append(bytes.Clone(p), 'x')
			}
			c.Send(op, p)
		}},
		"changes the opcode": {"it came as binary", false, func(w *wrong, c *engine.Conn, op codec.Opcode, p []byte) {
			if w.now() {
				op = codec.Binary
			}
			c.Send(op, p)
		}},
		"keeps silent": {"nothing came for", true, func(w *wrong, c *engine.Conn, op codec.Opcode, p []byte) {
			if w.seen < 500 {
				w.now()
				c.Send(op, p)
			}
		}},
		"closes": {"the server closed it with 1008", false, func(w *wrong, c *engine.Conn, op codec.Opcode, p []byte) {
			c.Send(op, p)
			if w.now() {
				c.Close(codec.ClosePolicyViolation, "")
			}
		}},
		"hangs up": {"", false, func(w *wrong, c *engine.Conn, op codec.Opcode, p []byte) {
			c.Send(op, p)
			if w.now() {
				c.Abort()
			}
		}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &wrong{}
			addr, _ := serve(t, func(_ *engine.Server, c *engine.Conn, op codec.Opcode, p []byte) {
				w.mu.Lock()
				defer w.mu.Unlock()
				test.reply(w, c, op, p)
			}, engine.Options{})
			o := options(addr)
			if test.missing {
				o.Patience = 2 * time.Second
			}
			r := do(t, o)
			if r.Faults == 0 || !strings.Contains(strings.Join(r.Examples, "\n"), test.want) {
				t.Errorf("%d faults, and none has %q:\n%s", r.Faults, test.want, strings.Join(r.Examples, "\n"))
			}
			if t.Logf("%d faults, such as: %s", r.Faults, r.Examples[0]); r.Faults > maxFaults+o.Threads*o.Conns {
				t.Errorf("it went on after %d faults", r.Faults)
			}
		})
	}
}

// A server that answers a ping with the payload of another one is caught; what
// the engine's own tests do, here with a server of a few lines.
func TestWrongPongs(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var before atomic.Pointer[[]byte] // payload of the ping before, of any connection
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go mixUpPongs(nc, &before)
		}
	}()
	r := do(t, options(l.Addr().String()))
	if r.Faults == 0 || !strings.Contains(strings.Join(r.Examples, "\n"), "ANOTHER CONNECTION'S ping") {
		t.Errorf("%d faults: %s", r.Faults, strings.Join(r.Examples, "\n"))
	}
}

// mixUpPongs serves a connection.
func mixUpPongs(nc net.Conn, before *atomic.Pointer[[]byte]) {
	defer nc.Close()
	b := make([]byte, 64<<10)
	nc.Read(b)
	nc.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n"))
	d := codec.NewDecoder(&codec.Config{})
	defer d.Release()
	for {
		n, err := nc.Read(b)
		if err != nil {
			return
		}
		for in := b[:n]; len(in) > 0; {
			op, p, n, err := d.Next(in)
			if err != nil {
				return
			}
			in = in[n:]
			switch op {
			case codec.Text, codec.Binary:
				nc.Write(codec.AppendFrame(nil, op, p))
			case codec.Ping:
				ours := bytes.Clone(p)
				if other := before.Swap(&ours); other != nil {
					p = *other
				}
				nc.Write(codec.AppendPong(nil, p))
			}
		}
	}
}

// A broadcast is checked for what is missing, comes twice or out of order.
func TestWrongBroadcasts(t *testing.T) {
	cases := map[string]struct {
		want    string
		missing bool
		send    func(w *wrong, send func(codec.Opcode, []byte), op codec.Opcode, p []byte)
	}{
		"twice": {"where message", false, func(w *wrong, send func(codec.Opcode, []byte), op codec.Opcode, p []byte) {
			if w.now() {
				send(op, p)
			}
			send(op, p)
		}},
		"never": {"where message", true, func(w *wrong, send func(codec.Opcode, []byte), op codec.Opcode, p []byte) {
			if !w.now() {
				send(op, p)
			}
		}},
		"changed": {"wrong bit", false, func(w *wrong, send func(codec.Opcode, []byte), op codec.Opcode, p []byte) {
			if w.now() {
				p[len(p)-1] ^= 2
			}
			send(op, p)
		}},
		"made up": {"nobody published", false, func(w *wrong, send func(codec.Opcode, []byte), op codec.Opcode, p []byte) {
			if send(op, p); w.now() {
				send(op, []byte("this was sent by nobody at all"))
			}
		}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &wrong{}
			addr, _ := serve(t, func(srv *engine.Server, _ *engine.Conn, op codec.Opcode, p []byte) {
				w.mu.Lock()
				defer w.mu.Unlock()
				test.send(w, func(op codec.Opcode, p []byte) { srv.Broadcast(codec.Prepare(op, p)) }, op, p)
			}, engine.Options{})
			o := options(addr)
			if o.Broadcast = true; test.missing {
				o.Patience = 2 * time.Second
			}
			r := do(t, o)
			if r.Faults == 0 || !strings.Contains(strings.Join(r.Examples, "\n"), test.want) {
				t.Errorf("%d faults, and none has %q:\n%s", r.Faults, test.want, strings.Join(r.Examples, "\n"))
			}
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
