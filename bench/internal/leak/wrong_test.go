package leak

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

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
