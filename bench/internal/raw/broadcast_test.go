package raw

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// hub sends bytes to all its connections, or what change makes of them.
type hub struct {
	mu     sync.Mutex
	conns  []net.Conn
	change func(i int, b []byte) []byte // for connection i; nil: none
}

func (h *hub) serve(c net.Conn) {
	h.mu.Lock()
	h.conns = append(h.conns, c)
	h.mu.Unlock()
	b := make([]byte, 4096)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		h.send(b[:n])
	}
}

func (h *hub) send(b []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, c := range h.conns {
		if h.change == nil {
			c.Write(b)
		} else {
			c.Write(h.change(i, append([]byte(nil), b...)))
		}
	}
}

// await waits until the hub has n connections, which a server on the client's
// processor would have got meanwhile.
func (h *hub) await(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		h.mu.Lock()
		got := len(h.conns)
		h.mu.Unlock()
		if got == n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d connections", got, n)
		}
	}
}

func openBroadcast(t *testing.T, h *hub, conns int) *broadcast {
	t.Helper()
	l, err := newBroadcast(Options{Addr: serve(t, h.serve), Plain: true, Conns: conns, Size: 125, Depth: 1, Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	h.await(t, conns)
	return l.(*broadcast)
}

func TestBroadcast(t *testing.T) {
	b := openBroadcast(t, new(hub), 7)
	for range 3 {
		if err := b.run(0); err != nil {
			t.Fatal(err)
		}
	}
	if b.count() != 21 || b.published != 3 {
		t.Errorf("%d deliveries of %d messages", b.count(), b.published)
	}
	for i, k := range b.conns {
		if k.seen != 3 {
			t.Errorf("connection %d got %d", i+1, k.seen)
		}
	}
}

// A server with WebSocket is asked for a pong before it must deliver.
func TestBroadcastOverWebSocket(t *testing.T) {
	r, err := run(t, serve(t, echoFrames), func(o *Options) { o.Load, o.Conns = Broadcast, 1 })
	if err != nil || r.Count == 0 {
		t.Errorf("%+v (%v)", r, err)
	}
}

func TestBadBroadcasts(t *testing.T) {
	var last []byte
	cases := []struct {
		name     string
		change   func(i int, b []byte) []byte
		patience time.Duration
		want     string
	}{
		{"to one connection twice", func(i int, b []byte) []byte {
			if i == 1 {
				return append(b, b...)
			}
			return b
		}, patience, errTwice.Error()},
		{"not to one", func(i int, b []byte) []byte {
			if i == 2 {
				return nil
			}
			return b
		}, 200 * time.Millisecond, "not reached 1 of 3"},
		{"changed", func(_ int, b []byte) []byte { b[len(b)-1]++; return b }, patience, errDiffers.Error()},
		{"the first message again", func(_ int, b []byte) []byte {
			if last == nil {
				last = b
			}
			return last
		}, patience, errDiffers.Error()},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := openBroadcast(t, &hub{change: c.change}, 3)
			b.patience = c.patience
			var err error
			for range 5 {
				if err = b.run(0); err != nil {
					break
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// A message that comes again by itself is not taken for a delivery either.
func TestBroadcastComesAgain(t *testing.T) {
	h := new(hub)
	b := openBroadcast(t, h, 1)
	if err := b.run(0); err != nil {
		t.Fatal(err)
	}
	h.send(b.frame)
	err := b.each(patience, func(i int, _ uint32) (bool, error) { return true, b.readable(&b.conns[i]) })
	if !errors.Is(err, errTwice) {
		t.Errorf("%v, want %v", err, errTwice)
	}
}

func TestBroadcastNeedsPong(t *testing.T) {
	server := serve(t, func(c net.Conn) {
		c.Read(make([]byte, 4096))
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: "+accept+"\r\n\r\n")
		io.Copy(c, c)
	})
	if r, err := run(t, server, func(o *Options) { o.Load = Broadcast }); err == nil || !strings.Contains(err.Error(), "ping on connection 1") {
		t.Errorf("%+v (%v)", r, err)
	}
}
