//go:build unix

package loop

import (
	"math"
	"syscall"
	"testing"
	"time"
)

// Time in which the loop did not run, though it had to, does not count for
// timers: those that were due meanwhile have what was left of their time.
func TestTimerAfterStall(t *testing.T) {
	for _, tt := range []struct {
		name  string
		timer time.Duration
		stall time.Duration // from a tenth of a second after it was set
		left  time.Duration // of it then
	}{
		{"not late", 600 * time.Millisecond, 400 * time.Millisecond, 100 * time.Millisecond},
		{"a little late", 600 * time.Millisecond, 500*time.Millisecond + maxLate, 0},
		{"late", time.Minute, 61 * time.Second, 59*time.Second - 100*time.Millisecond},
		{"an hour", time.Minute, time.Hour, 59*time.Second - 100*time.Millisecond},
		{"two years", time.Minute, 2 * 365 * 24 * time.Hour, 59*time.Second - 100*time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fired := 0
			r := newRig(t, &script{timer: func(*Conn) { fired++ }})
			r.sys.freeze()
			c, _ := r.connect("tcp")
			r.tick()
			c.SetTimer(tt.timer)
			at := r.sys.Now() + int64(100*time.Millisecond)
			r.stallTo(at)
			at += int64(tt.stall)
			r.stallTo(at)
			if tt.left > 0 {
				r.tickAt(at + int64(tt.left-2*tickLength))
				if fired != 0 {
					t.Error("the timer fired early")
				}
			}
			r.tickAt(at + int64(tt.left+2*tickLength))
			if fired != 1 {
				t.Errorf("the timer fired %d times", fired)
			}
		})
	}
}

// A loop whose ticks are all late still has its timers fire.
func TestTimerOfSlowLoop(t *testing.T) {
	fired := false
	r := newRig(t, &script{timer: func(*Conn) { fired = true }})
	c, _ := r.connect("tcp")
	r.sys.freeze()
	c.SetTimer(10 * time.Second)
	for range 15 {
		r.stallTo(r.sys.Now() + int64(time.Minute))
	}
	if !fired {
		t.Error("the timer has not fired after 15 ticks")
	}
}

// However many peers have sent something while the loop did not run, all are
// heard before the first timer fires.
func TestReadsBeforeTimers(t *testing.T) {
	const conns = maxReady + 88
	heard, early := 0, 0
	r := newRig(t, &script{
		data:  func(*Conn, []byte) { heard++ },
		timer: func(*Conn) { early += conns - heard },
	})
	r.sys.freeze()
	for range conns {
		c, p := r.connect("unix")
		c.SetTimer(maxLate / 2)
		p.send([]byte("pong"))
	}
	r.sys.forward(maxLate)
	for i := 0; heard < conns && i < 10; i++ {
		r.tick()
	}
	r.tick()
	if early > 0 || r.wheel.armed > 0 {
		t.Errorf("%d not heard as timers fired; %d timers left", early, r.wheel.armed)
	}
}

// Those who send without end do not keep the timers of others from firing.
func TestTimersFireInFloods(t *testing.T) {
	fired := false
	r := newRig(t, &script{timer: func(*Conn) { fired = true }})
	r.sys.freeze()
	for range maxReady + 88 {
		_, p := r.connect("unix")
		p.send([]byte("flood"))
	}
	r.sys.fail(fault{call: callRead, times: math.MaxInt, e: syscall.EAGAIN}) // it never ends
	c, _ := r.connect("unix")
	c.SetTimer(tickLength)
	r.sys.forward(2 * tickLength)
	for range 5 {
		r.tick()
	}
	if !fired {
		t.Error("the timer has not fired")
	}
}
