//go:build unix

package loop

import (
	"slices"
	"syscall"
	"testing"
	"time"
)

// yielders makes n connections that yield whenever they have read, and take
// the time d whenever they have their turn, with nothing to go on with. Their
// peers have sent so that all yield.
func yielders(t *testing.T, s *script, n int, d time.Duration) (r *rig, conns []*Conn, turns *[]int) {
	t.Helper()
	turns = new([]int)
	s.data = func(c *Conn, b []byte) {
		s.got[c] = append(s.got[c], b...)
		if slices.Contains(conns, c) {
			c.Yield()
		}
	}
	s.turn = func(c *Conn) bool {
		*turns = append(*turns, slices.Index(conns, c))
		r.sys.forward(d)
		return false
	}
	r = newRig(t, s)
	r.sys.freeze()
	for range n {
		c, p := r.connect("unix")
		conns = append(conns, c)
		p.send([]byte("x"))
	}
	return r, conns, turns
}

// However many connections yield, a tick gives turns only as long as there is
// time, in the order in which they yielded; and those that do not yield are
// heard in every tick.
func TestTurnsOfManyTakeLittleOfATick(t *testing.T) {
	const n, each = 10, 2
	r, conns, turns := yielders(t, &script{}, n, turnsTime/each)
	calm, calmPeer := r.connect("unix")
	r.tick()
	if !slices.Equal(*turns, []int{0, 1}) {
		t.Fatalf("%v had a turn in the first tick, of %d that yielded", *turns, n)
	}
	var want []int
	for tick := range n / each {
		if tick > 0 {
			calmPeer.send([]byte("y"))
			r.tick()
			if got := len(r.got[calm]); got != tick {
				t.Fatalf("after %d ticks %d bytes of the calm one are heard", tick, got)
			}
		}
		want = append(want, each*tick, each*tick+1)
		if !slices.Equal(*turns, want) {
			t.Fatalf("%v had a turn, want %v", *turns, want)
		}
	}
	*turns = nil
	for range 3 {
		r.tick()
	}
	if len(*turns) != 0 || len(r.yielding) != 0 || len(r.got) != n+1 {
		t.Errorf("%v had another turn, %d wait", *turns, len(r.yielding))
	}
	for _, c := range conns {
		if len(r.got[c]) != 1 {
			t.Errorf("read %q", r.got[c])
		}
	}
}

// A turn that takes far too long is the only one of its tick, but there is one.
func TestTurnInEachTick(t *testing.T) {
	r, _, turns := yielders(t, &script{}, 3, time.Second)
	for want := 1; want <= 3; want++ {
		if r.tick(); len(*turns) != want {
			t.Fatalf("%d turns after %d ticks", len(*turns), want)
		}
	}
}

// What yields is not read from before its turn, and read from then unless the
// turn brought something else.
func TestReadInTurn(t *testing.T) {
	for _, went := range []bool{false, true} {
		r, conns, turns := yielders(t, &script{}, 2, 2*turnsTime)
		plain := r.turn
		r.turn = func(c *Conn) bool { plain(c); return went }
		late, p := r.connect("unix")
		r.tick() // the first has its turn
		if !slices.Equal(*turns, []int{0}) {
			t.Fatalf("turns: %v", *turns)
		}
		before := r.sys.readsOf(conns[1].FD())
		late.Yield()
		p.send([]byte("x"))
		r.tick() // the second
		reads := r.sys.readsOf(conns[1].FD()) - before
		if want := map[bool]int{false: 1, true: 0}[went]; reads != want || r.sys.readsOf(late.FD()) != 0 {
			t.Errorf("turn that went on: %v; read %d times, want %d, and %d times before the turn", went, reads, want, r.sys.readsOf(late.FD()))
		}
		r.tick()
		if r.tick(); string(r.got[late]) != "x" {
			t.Errorf("read %q in the end", r.got[late])
		}
	}
}

// What has closed has no turn.
func TestNoTurnOnceClosed(t *testing.T) {
	r, conns, turns := yielders(t, &script{}, 2, 2*turnsTime)
	r.tick()
	conns[1].Abort()
	conns[1].Yield()
	r.tick()
	r.tick()
	if !slices.Equal(*turns, []int{0}) || len(r.yielding) != 0 {
		t.Errorf("turns: %v, %d wait", *turns, len(r.yielding))
	}
}

// A connection to which a write failed is heard in turns as well, to the end of
// what its peer had sent, but not for ever.
func TestFailedWriteOfThoseThatYield(t *testing.T) {
	for _, endless := range []bool{false, true} {
		heard := 0
		r := newRig(t, &script{})
		c, p := r.connect("unix")
		r.data = func(from *Conn, b []byte) {
			if from != c {
				return
			}
			heard += len(b)
			c.Yield()
			if endless {
				p.send(b[:1])
			}
		}
		r.turn = func(*Conn) bool {
			r.sys.forward(2 * turnsTime)
			return false
		}
		before := readSize + readSize/2
		p.send(noise[:before])
		for range 3 { // they are before it
			other, q := r.connect("unix")
			q.send([]byte("x"))
			other.Yield()
		}
		r.sys.fail(fault{callWrite, 0, 1, syscall.EPIPE})
		c.send([]byte("x"))
		r.untilClosed(c, syscall.EPIPE)
		if heard < before || heard > before+lastReads {
			t.Errorf("heard %d bytes, %d were sent before the write", heard, before)
		}
		if len(r.failing) != 0 {
			t.Errorf("%d fail for ever", len(r.failing))
		}
	}
}

// Who yields again in its turn goes on, but not for ever: then it is behind the
// others. In which ticks that happens makes no difference.
func TestTurnsInRow(t *testing.T) {
	for _, d := range []time.Duration{0, turnsTime} {
		r, conns, turns := yielders(t, &script{}, 2, d)
		plain, left := r.turn, 2*turnsInRow+1
		r.turn = func(c *Conn) bool {
			plain(c)
			if c == conns[0] && left > 0 {
				left--
				c.Yield()
			}
			return true
		}
		for range 4 * turnsInRow {
			r.tick()
		}
		var want []int
		want = append(append(want, make([]int, turnsInRow)...), 1)
		want = append(want, make([]int, turnsInRow+2)...)
		if !slices.Equal(*turns, want) || len(r.yielding) != 0 {
			t.Errorf("%v a turn: %v had theirs, want %v; %d wait", d, *turns, want, len(r.yielding))
		}
	}
}
