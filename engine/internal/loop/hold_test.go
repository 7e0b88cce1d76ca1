//go:build unix

package loop

import (
	"syscall"
	"testing"
	"time"
)

// A connection that its user holds is not read from, and what it is sent
// waits, whether the user takes the hold back before anything comes or after.
func TestUserHolds(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		r := newRig(t, &script{})
		c, p := r.connect(network)
		for _, paused := range []bool{false, true} {
			clear(r.got)
			c.Hold()
			if paused {
				p.send([]byte("held"))
				r.until("paused", func() bool { return c.has(unwatched) })
				r.tick()
			}
			if n := len(r.got[c]); n != 0 {
				t.Fatalf("heard %d bytes while held", n)
			}
			c.Unhold()
			c.ReadOn()
			p.send([]byte("back"))
			want := 4
			if paused {
				want = 8
			}
			r.until("heard", func() bool { return len(r.got[c]) == want })
		}
	})
}

// What is sent meanwhile goes out even so, and its end does not end the hold.
func TestHeldConnectionSends(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		r := newRig(t, &script{})
		c, p := r.connect(network)
		c.Hold()
		p.send([]byte("held"))
		r.until("paused", func() bool { return c.has(unwatched) })
		all := c.fillSocket()
		read := p.expectMeanwhile(all)
		r.until("sent", func() bool { return !c.Blocked() })
		check(t, read)
		r.tick()
		if n := len(r.got[c]); n != 0 {
			t.Fatalf("heard %d bytes while held", n)
		}
		c.Unhold()
		c.ReadOn()
		r.until("heard", func() bool { return string(r.got[c]) == "held" })
	})
}

// What is only gathered leaves without the peer's help: it keeps nobody from
// reading on.
func TestReadOnWhileGathered(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		r := newRig(t, &script{hold: func(_ *Conn, unsent int) bool { return unsent > 1 }})
		c, p := r.connect(network)
		c.Hold()
		p.send([]byte("held"))
		r.until("paused", func() bool { return c.has(unwatched) })
		c.Gather()
		c.send([]byte("gathered"))
		c.Unhold()
		c.ReadOn()
		r.until("heard", func() bool { return string(r.got[c]) == "held" })
		p.expect([]byte("gathered"))
	})
}

// A reset does not wake the loop again and again while nobody wants to know.
func TestResetWhileHeld(t *testing.T) {
	r := newRig(t, &script{})
	c, p := r.connect("tcp")
	_, other := r.connect("tcp")
	c.Hold()
	p.send([]byte("held"))
	r.until("paused", func() bool { return c.has(unwatched) })
	p.reset()
	other.send([]byte("x")) // so that there is one event to wait for
	for seen := false; !seen; seen = len(r.got) > 0 {
		n, err := r.wait()
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range r.ready[:n] {
			if r.connOf(ev.Handle) == c {
				t.Fatal("the reset was reported")
			}
		}
		r.handle(r.ready[:n])
	}
	c.Unhold()
	c.ReadOn()
	r.untilClosed(c, syscall.ECONNRESET)
}

// Whoever finishes a connection that is held listens for its end.
func TestFinishWhileHeld(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		r := newRig(t, &script{})
		c, p := r.connect(network)
		c.Hold()
		p.send([]byte("held"))
		r.until("paused", func() bool { return c.has(unwatched) })
		c.Finish(patience, 0)
		p.expectEnd()
		p.Close()
		r.untilClosed(c, 0)
		if n := len(r.got[c]); n != 0 {
			t.Errorf("heard %d bytes after Finish", n)
		}
	})
}

// The peer's silence does not count while nobody listens.
func TestExcuse(t *testing.T) {
	r := newRig(t, &script{})
	c, _ := r.connect("unix")
	c.Hold()
	r.sys.forward(time.Minute)
	r.tick()
	c.Unhold()
	c.ReadOn()
	if s := c.Silent(); s != 0 {
		t.Errorf("silent for %v", s)
	}
}
