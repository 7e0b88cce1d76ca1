package engine

import (
	"testing"
	"time"
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
		v.sys.Advance(DefaultIdleTimeout + time.Second)
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
