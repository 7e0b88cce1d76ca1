package engine

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/engine/internal/sim"
)

// onLoop runs f in the tick that comes, with the one connection of v.
func (v *victim) onLoop(f func(s *sessions, c *Conn)) {
	s := v.server.group.sessions[0]
	s.loop.Post(func() { s.each(func(c *Conn) { f(s, c) }) })
	v.step()
}

// Whatever else lets a connection go on does not, as long as that waits for its
// turn.
func TestGoesOnInItsTurnAlone(t *testing.T) {
	v := newVictim(t, 1)
	v.open()
	v.onLoop(func(s *sessions, c *Conn) {
		c.conn.Hold()
		c.conn.Yield()
		if s.goOn(c) || !c.conn.Held() {
			t.Error("went on before its turn")
		}
	})
	v.onLoop(func(_ *sessions, c *Conn) {
		if c.conn.Held() || c.conn.Yielded() {
			t.Error("did not go on in its turn")
		}
	})
	v.end()
}

// What net/http gets is not decoded any more.
func TestDoesNotGoOnOncePassedOn(t *testing.T) {
	v := newVictim(t, 1)
	v.open()
	v.onLoop(func(s *sessions, c *Conn) {
		c.conn.Hold()
		c.setStateLocked(passedOn)
		if s.goOn(c) || !c.conn.Held() {
			t.Error("went on")
		}
		c.setStateLocked(Open)
		if !s.goOn(c) {
			t.Error("did not go on afterwards")
		}
	})
	v.end()
}

// Who waits for its turn is not taken for silent.
func TestNotSilentWhileItsTurnIsAwaited(t *testing.T) {
	for _, waits := range []bool{true, false} {
		v := newVictim(t, 1)
		v.open()
		const pace = 400 * time.Millisecond
		for silent := time.Duration(0); silent < DefaultIdleTimeout-pace; { // while the loop runs
			v.sys.Advance(pace)
			v.onLoop(func(_ *sessions, c *Conn) { silent = c.conn.Silent() })
		}
		v.sys.Advance(pace)
		v.onLoop(func(s *sessions, c *Conn) {
			if waits {
				c.conn.Yield()
			}
			s.Timer(&c.conn)
			if c.conn.Gone() == waits {
				t.Errorf("waits %v: cut %v", waits, c.conn.Gone())
			}
		})
		v.end()
	}
}

// However many sockets have room again in a tick, what is compressed for them
// takes its turn.
func TestFragmentsTakeTheirTurnOnceDrained(t *testing.T) {
	sys := sim.New(1)
	sys.Calm = true
	v := &victim{t: t, sys: sys, server: NewServer(HandlerFuncs{}, Options{
		Logger: slog.New(slog.DiscardHandler), Compression: &Compression{}, MaxBuffered: 1 << 20,
	})}
	v.shakers = hireHandshakers(sys.Rand, v.server)
	g, err := newGroup(sys, 1, v.server)
	if err != nil {
		t.Fatal(err)
	}
	v.server.group = g
	listening := sys.Listen()
	if e := g.sessions[0].loop.Listen(&loop.Listener{FD: listening, Accepted: acceptor(nil)}); e != 0 {
		t.Fatal(e)
	}
	v.fd, v.link = sys.Connect(listening, 0, netip.AddrFrom4([4]byte{192, 0, 2, 1}))
	v.send([]byte("GET / HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"), 1<<20)
	for v.server.Stats().Open == 0 {
		v.receive()
	}
	unsent := func(s *sessions, c *Conn) int {
		c.conn.Lock()
		defer c.conn.Unlock()
		if b := c.outboxLocked(); b != nil {
			return b.unsent
		}
		return 0
	}
	v.onLoop(func(s *sessions, c *Conn) {
		if err := c.Send(codec.Binary, make([]byte, 3*fragmentSize)); err != nil {
			t.Fatal(err)
		}
		before := unsent(s, c)
		s.Drained(&c.conn)
		if now := unsent(s, c); before == 0 || now != before {
			t.Errorf("%d bytes were unsent, and before its turn %d", before, now)
		}
	})
	for range 10 {
		v.receive()
	}
	v.onLoop(func(s *sessions, c *Conn) {
		if now := unsent(s, c); now != 0 {
			t.Errorf("%d bytes are unsent in the end", now)
		}
	})
	v.end()
}
