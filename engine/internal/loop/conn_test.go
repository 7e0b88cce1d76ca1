//go:build linux || darwin || freebsd

package loop

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// A million connections lie idle.
func TestConnIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Conn{}); size > 56 {
		t.Errorf("a Conn takes %d bytes", size)
	}
}

// The user's state and the loop's flags do not touch each other.
func TestState(t *testing.T) {
	r := newRig(t, &script{})
	c, _ := r.connect("unix")
	for _, flags := range []uint32{0, corked, blocked | paused, broken | errnoMask<<errnoShift, attending | silent, held | muted | gathering} {
		for _, state := range []uint8{0, 1, stateMask} {
			c.Lock()
			c.setLocked(flags)
			c.SetStateLocked(state)
			word := c.word.Load()
			c.clearLocked(flags)
			c.Unlock()
			if word != flags|uint32(state)<<stateShift || c.State() != state {
				t.Errorf("state %d with flags %#x: %#x, read as %d", state, flags, word, c.State())
			}
		}
	}
}

// Each goroutine may ask, whatever the loop does.
func TestAskingFromElsewhere(t *testing.T) {
	r := newRig(t, &script{data: func(c *Conn, b []byte) { c.send(b) }})
	c, p := r.connect("unix")
	r.start()
	var others sync.WaitGroup
	for range 2 {
		others.Go(func() {
			for ; !c.Gone(); runtime.Gosched() {
				c.State()
				c.Buffered()
				c.Blocked()
				c.Finishing()
				c.Attending()
				c.Lock()
				c.WritableLocked()
				c.CorkedLocked()
				c.Unlock()
			}
		})
	}
	for range 200 {
		p.send([]byte("echo"))
		p.expect([]byte("echo"))
	}
	r.Post(c.Abort)
	others.Wait()
}

func TestTimer(t *testing.T) {
	for _, d := range []time.Duration{
		math.MinInt64, -time.Hour, 0, 1, tickLength, 5 * time.Second, 24 * time.Hour, 46 * time.Hour,
	} {
		t.Run(d.String(), func(t *testing.T) {
			fired := 0
			r := newRig(t, &script{timer: func(*Conn) { fired++ }})
			r.sys.freeze()
			r.tick()
			c, _ := r.connect("unix")
			begun := r.now
			c.SetTimer(time.Minute) // is replaced
			c.SetTimer(d)
			if d > 2*tickLength {
				r.tickAt(begun + int64(d-tickLength))
				if fired != 0 {
					t.Fatal("it fired early")
				}
			}
			r.tickAt(begun + int64(max(d, 0)+tickLength))
			if fired != 1 {
				t.Fatalf("it fired %d times", fired)
			}
			r.tickAt(begun + int64(max(d, 0)+time.Hour))
			if fired != 1 {
				t.Fatal("it fired again")
			}
		})
	}
}

// What is meant to be never comes after 46 hours.
func TestTimerForEver(t *testing.T) {
	const most = reach * tickLength
	for _, d := range []time.Duration{most, most + 1, 100 * time.Hour, math.MaxInt64 / 2, math.MaxInt64} {
		t.Run(d.String(), func(t *testing.T) {
			fired := 0
			r := newRig(t, &script{timer: func(*Conn) { fired++ }})
			r.sys.freeze()
			r.tick()
			c, _ := r.connect("unix")
			begun := r.now
			c.SetTimer(d)
			for part := 1; part < 100; part++ {
				if r.tickAt(begun + int64(most)/100*int64(part)); fired != 0 {
					t.Fatalf("it fired after %v", time.Duration(r.now-begun))
				}
			}
			if r.tickAt(begun + int64(most+tickLength)); fired != 1 {
				t.Fatalf("it fired %d times", fired)
			}
		})
	}
}

func TestStopTimer(t *testing.T) {
	fired := 0
	r := newRig(t, &script{timer: func(*Conn) { fired++ }})
	c, _ := r.connect("unix")
	c.StopTimer() // is not set
	c.SetTimer(tickLength)
	c.StopTimer()
	r.sys.forward(time.Hour)
	if r.tick(); fired != 0 {
		t.Fatal("it fired")
	}
}

// The loop waits for its first timer, and is not woken before.
func TestTimerWakesTheLoop(t *testing.T) {
	fired := false
	r := newRig(t, &script{timer: func(*Conn) { fired = true }})
	c, _ := r.connect("unix")
	other, _ := r.connect("unix")
	r.setNow()
	begun := r.now
	other.SetTimer(time.Hour)
	c.SetTimer(100 * time.Millisecond)
	turns := r.turns
	r.until("it fires", func() bool { return fired })
	if took := time.Duration(r.now - begun); took < 90*time.Millisecond {
		t.Errorf("it fired after %v", took)
	}
	if n := r.turns - turns; n > 5 {
		t.Errorf("the loop was woken %d times for one timer", n)
	}
}

// A loop without timers does not look at its wheel for as long as it waits:
// what is set then must not be taken for late, nor the time be counted through.
func TestTimerAfterIdling(t *testing.T) {
	for _, idle := range []time.Duration{time.Hour, 46 * time.Hour, 47 * time.Hour, 250 * 24 * time.Hour, 490 * 24 * time.Hour} {
		t.Run(fmt.Sprint(idle), func(t *testing.T) {
			fired := 0
			r := newRig(t, &script{
				data:  func(c *Conn, _ []byte) { c.SetTimer(time.Second) },
				timer: func(*Conn) { fired++ },
			})
			r.sys.freeze()
			r.tick()
			_, p := r.connect("unix")
			p.send([]byte("x"))
			began := r.now + int64(idle)
			if r.tickAt(began); fired != 0 {
				t.Fatal("it fired at once")
			}
			if r.tickAt(began + int64(900*time.Millisecond)); fired != 0 {
				t.Fatal("it fired early")
			}
			if r.tickAt(began + int64(time.Second+tickLength)); fired != 1 {
				t.Fatalf("it fired %d times", fired)
			}
		})
	}
}
