package loop

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// wheelCheck drives a wheel together with a naive oracle: for each timer that
// is set, the time at which it has to fire, on a clock that does not wrap.
type wheelCheck struct {
	t     testing.TB
	wheel wheel
	slots slots
	conns []*Conn
	now   uint64
	due   map[*Conn]uint64
	fired int

	// during, if not nil, is called as each timer fires.
	during func(c *Conn)
}

func newWheelCheck(t testing.TB, timers int, now uint64) *wheelCheck {
	k := &wheelCheck{t: t, now: now, due: map[*Conn]uint64{}}
	k.wheel.init(&k.slots, uint32(now))
	for range timers {
		c := &Conn{next: none, prev: none}
		k.slots.put(c)
		k.conns = append(k.conns, c)
	}
	return k
}

// set sets a timer to the tick delay from now, which may be in the past.
func (k *wheelCheck) set(c *Conn, delay int64) {
	k.wheel.set(c, uint32(int64(k.now)+delay))
	k.due[c] = k.now + uint64(max(delay, 1))
}

func (k *wheelCheck) stop(c *Conn) {
	k.wheel.stop(c)
	delete(k.due, c)
}

func (k *wheelCheck) advance(ticks uint64) {
	k.t.Helper()
	end := k.now + ticks
	k.wheel.advance(uint32(end), func(c *Conn) { k.fire(c, end) })
	k.now = end
	for c, due := range k.due {
		if due <= end {
			k.t.Fatalf("timer %d, due at %d, has not fired at %d", c.slot, due, end)
		}
	}
	k.checkNext()
}

// fire checks that c's timer fires exactly at its tick, in the order of time.
func (k *wheelCheck) fire(c *Conn, end uint64) {
	k.t.Helper()
	due, ok := k.due[c]
	switch at := k.now + uint64(k.wheel.now-uint32(k.now)); {
	case !ok:
		k.t.Fatalf("timer %d fired, but was not set", c.slot)
	case at != due || at > end:
		k.t.Fatalf("timer %d, due at %d, fired at %d of an advance to %d", c.slot, due, at, end)
	default:
		k.now = at
	}
	delete(k.due, c)
	k.fired++
	if k.during != nil {
		k.during(c)
	}
}

// checkNext checks that waiting for next leads to the first timer, neither too
// late nor in steps without end.
func (k *wheelCheck) checkNext() {
	k.t.Helper()
	if k.wheel.armed != len(k.due) {
		k.t.Fatalf("%d timers are counted with %d set", k.wheel.armed, len(k.due))
	}
	ticks, ok := k.wheel.next()
	if ok != (len(k.due) > 0) {
		k.t.Fatalf("next tells %v with %d timers set", ok, len(k.due))
	}
	if !ok {
		return
	}
	first := uint64(math.MaxUint64)
	for _, due := range k.due {
		first = min(first, due)
	}
	if ticks == 0 || k.now+uint64(ticks) > first {
		k.t.Fatalf("next is in %d ticks, the first timer in %d", ticks, first-k.now)
	}
}

// starts are times from which a wheel is tried: the beginning, and shortly
// before the carries of each level, of the sign and of all 32 bits.
var starts = []uint64{0, 1<<6 - 1, 1<<12 - 2, 1<<18 - 3, 1<<24 - 5, 1<<31 - 70, 1<<32 - 1, 1<<32 - 5000, 1<<32 - 1<<18}

func TestWheelAgainstOracle(t *testing.T) {
	for _, start := range starts {
		for seed := range uint64(4) {
			t.Run(fmt.Sprintf("from %d seed %d", start, seed), func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, start))
				k := newWheelCheck(t, 200, start)
				k.during = func(*Conn) {
					if rnd.IntN(2) == 0 {
						k.randomOp(rnd)
					}
				}
				for range 2000 {
					k.randomOp(rnd)
					if rnd.IntN(4) == 0 {
						k.advance(randomTicks(rnd, 20))
					}
				}
				if k.fired < 1000 {
					t.Fatalf("only %d timers have fired", k.fired)
				}
			})
		}
	}
}

// randomTicks gives numbers of up to so many bits, of each length alike.
func randomTicks(rnd *rand.Rand, bits int) uint64 { return rnd.Uint64N(1 << rnd.IntN(bits+1)) }

func (k *wheelCheck) randomOp(rnd *rand.Rand) {
	c := k.conns[rnd.IntN(len(k.conns))]
	if rnd.IntN(3) == 0 {
		k.stop(c)
	} else {
		k.set(c, int64(randomTicks(rnd, 25))-3)
	}
}

// Each delay around a carry, from each start: the timer must fire at its tick,
// also if nobody looks at the wheel in between.
func TestWheelBoundaries(t *testing.T) {
	var delays []int64
	for level := range levels + 1 {
		for d := int64(-2); d <= 2; d++ {
			delays = append(delays, 1<<(level*levelBits)+d)
		}
	}
	delays = append(delays, reach-1, reach, reach+1, 3*reach, math.MaxInt32)
	for _, start := range starts {
		for _, delay := range delays {
			for _, steps := range []string{"one", "next"} {
				k := newWheelCheck(t, 1, start)
				k.set(k.conns[0], delay)
				due := uint64(max(delay, 1))
				if steps == "one" {
					k.advance(due - 1)
					k.advance(1)
				} else {
					k.advanceByNext()
				}
				if k.fired != 1 {
					t.Fatalf("from %d, delay %d, in steps of %s: fired %d times", start, delay, steps, k.fired)
				}
			}
		}
	}
}

// advanceByNext waits for next until nothing is set, as a loop does.
func (k *wheelCheck) advanceByNext() {
	k.t.Helper()
	for range 1000 {
		ticks, ok := k.wheel.next()
		if !ok {
			return
		}
		k.advance(uint64(ticks))
	}
	k.t.Fatal("next leads nowhere")
}

// A wheel that was not looked at, as nothing was set, must neither take what
// is set now for late, nor count through the time that has gone.
func TestWheelAfterIdling(t *testing.T) {
	for _, idle := range []uint64{reach - 1, reach, reach + 1, 1<<31 - 1, 1 << 31, 1<<32 - 1000} {
		k := newWheelCheck(t, 1, 77)
		k.now += idle
		k.wheel.skip(uint32(k.now))
		k.set(k.conns[0], 500)
		k.advance(0)
		k.advance(499)
		if k.fired != 0 {
			t.Fatalf("idle for %d ticks: the timer fired early", idle)
		}
		if k.advance(1); k.fired != 1 {
			t.Fatalf("idle for %d ticks: the timer did not fire", idle)
		}
	}
}

func TestWheelFiresWhatFireSets(t *testing.T) {
	k := newWheelCheck(t, 3, 1<<32-10)
	a, b, c := k.conns[0], k.conns[1], k.conns[2]
	k.during = func(fired *Conn) {
		switch {
		case fired == a && k.fired < 50:
			k.set(a, 0) // at once: comes at the next tick, not in this one
		case fired == b:
			k.stop(c)
		}
	}
	k.set(a, 1)
	k.set(c, 7)
	k.set(b, 7)
	k.set(c, 8)
	k.advance(100)
	if k.fired != 50 {
		t.Fatalf("fired %d times", k.fired)
	}
}

func TestWheelMillionTimers(t *testing.T) {
	n := 1_000_000
	if raceEnabled {
		n /= 10 // it makes each ten times as slow
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	conns := make([]Conn, n)
	var s slots
	var w wheel
	w.init(&s, 1<<32-1000)
	for i := range conns {
		conns[i].prev, conns[i].next = none, none
		s.put(&conns[i])
		w.set(&conns[i], w.now+1+uint32(rnd.IntN(1<<20)))
	}
	fired, last := 0, w.now
	for ticks, ok := w.next(); ok; ticks, ok = w.next() {
		w.advance(w.now+ticks, func(c *Conn) {
			if c.due != w.now || int32(c.due-last) < 0 {
				t.Fatalf("due at %d after %d, fired at %d", c.due, last, w.now)
			}
			last = c.due
			fired++
		})
	}
	if fired != n {
		t.Fatalf("fired %d of %d", fired, n)
	}
}

// FuzzWheel reads operations of six bytes: what to do, to which timer, and a
// number of ticks.
func FuzzWheel(f *testing.F) {
	f.Add(uint32(0), []byte{0, 1, 0, 0, 0, 1, 3, 0, 0, 0, 0, 1})
	f.Add(uint32(math.MaxUint32), []byte{0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 1, 0, 3, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 3, 0, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, start uint32, ops []byte) {
		k := newWheelCheck(t, 8, uint64(start))
		for ; len(ops) >= 6; ops = ops[6:] {
			c, ticks := k.conns[ops[1]%8], binary.BigEndian.Uint32(ops[2:])>>1
			switch ops[0] % 4 {
			case 0:
				k.set(c, int64(ticks))
			case 1:
				k.stop(c)
			case 2:
				k.during = func(*Conn) { k.during = nil; k.set(c, int64(ticks)) } // when the next one fires
			case 3:
				k.advance(uint64(ticks))
			}
		}
		for _, c := range k.conns {
			k.stop(c)
		}
		k.checkNext()
	})
}

func BenchmarkWheel(b *testing.B) {
	const timers = 100_000
	fill := func(b *testing.B) *wheelCheck {
		k := newWheelCheck(b, timers, 0)
		for i, c := range k.conns {
			k.wheel.set(c, uint32(1+i%12_000))
		}
		return k
	}
	b.Run("set", func(b *testing.B) {
		k := fill(b)
		for i := 0; b.Loop(); i++ {
			k.wheel.set(k.conns[i%timers], uint32(1+i%12_000))
		}
	})
	b.Run("set and stop", func(b *testing.B) {
		k := fill(b)
		for i := 0; b.Loop(); i++ {
			k.wheel.set(k.conns[i%timers], uint32(1+i%12_000))
			k.wheel.stop(k.conns[i%timers])
		}
	})
	b.Run("fire and set again", func(b *testing.B) {
		k := fill(b)
		fired := 0
		for fired < b.N {
			k.wheel.advance(k.wheel.now+1, func(c *Conn) {
				k.wheel.set(c, k.wheel.now+12_000)
				fired++
			})
		}
	})
	b.Run("empty tick", func(b *testing.B) {
		k := newWheelCheck(b, 0, 0)
		for b.Loop() {
			k.wheel.next()
			k.wheel.advance(k.wheel.now+1, nil)
		}
	})
}
