//go:build unix

package loop

import (
	"testing"
	"time"
)

// A peer whose socket is full is stalled until it takes something, and again
// from then on; what it sends meanwhile does not count.
func TestStalled(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		r := newRig(t, &script{})
		r.sys.freeze()
		c, p := r.connect(network)
		expect := func(when string, want time.Duration) {
			t.Helper()
			if got := c.Stalled(); got != want {
				t.Errorf("%s: stalled for %v, want %v", when, got, want)
			}
		}
		expect("with nothing sent", 0)
		r.sys.forward(time.Hour)
		r.tick()
		all := c.fillSocket()
		expect("before the loop has looked", 0)
		r.tick() // attends to it
		expect("at first", 0)
		r.sys.forward(time.Second)
		p.send([]byte("talk"))
		r.until("read", func() bool { return len(r.got[c]) == 4 })
		expect("after a second of talk", time.Second)
		some := len(all) - c.Buffered() - 1 // what the sockets hold, nearly
		p.expect(all[:some])
		r.until("some is taken", func() bool { return c.Stalled() == 0 })
		r.sys.forward(2 * time.Second)
		r.tick()
		if c.Buffered() > 0 {
			expect("two seconds later", 2*time.Second)
		}
		read := p.expectMeanwhile(all[some:])
		r.until("drained", func() bool { return c.Buffered() == 0 })
		check(t, read)
		r.sys.forward(time.Second)
		r.tick()
		expect("with all taken", 0)
	})
}

// Readiness to write is no sign of life unless something can be written.
func TestStalledThoughReportedWritable(t *testing.T) {
	r := newRig(t, &script{})
	r.sys.freeze()
	c, _ := r.connect("tcp")
	c.fillSocket()
	r.tick()
	r.sys.forward(time.Second)
	r.tick()
	r.dispatch(Event{Handle{c.slot, c.gen}, Writable})
	if silent, stalled := c.Silent(), c.Stalled(); silent != time.Second || stalled != time.Second {
		t.Errorf("silent for %v, stalled for %v, want a second each", silent, stalled)
	}
}

func TestHasten(t *testing.T) {
	fired := 0
	r := newRig(t, &script{timer: func(*Conn) { fired++ }})
	r.sys.freeze()
	c, _ := r.connect("tcp")
	r.tick()
	began := r.sys.Now()
	c.SetTimer(time.Minute)
	c.Hasten(time.Hour)
	c.Hasten(time.Second)
	r.tickAt(began + int64(2*time.Second))
	if fired != 1 {
		t.Errorf("fired %d times after a second", fired)
	}
	c.Hasten(time.Second) // with no timer set
	r.tickAt(began + int64(4*time.Second))
	if fired != 2 {
		t.Errorf("fired %d times", fired)
	}
}

// Bytes that a layer adds count as others: a peer that takes them is there.
func TestNotStalledWithinWhatALayerAdds(t *testing.T) {
	r := newRig(t, &script{layer: new(toyLayer)})
	r.sys.freeze()
	c, _ := r.connect("tcp")
	c.Seal()
	r.sys.maxWrite.Store(1) // of 5
	c.send([]byte("x"))
	for range 3 {
		r.tickAt(r.sys.Now() + int64(time.Second))
		if silent, stalled := c.Silent(), c.Stalled(); silent != 0 || stalled != 0 {
			t.Errorf("silent for %v, stalled for %v, though it took a byte", silent, stalled)
		}
	}
	if n := c.Buffered(); n != 1 {
		t.Errorf("%d bytes are left, want 1", n)
	}
}
