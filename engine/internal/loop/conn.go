package loop

import (
	"sync"
	"sync/atomic"
	"time"
)

// Conn is one connection of a loop, made to be embedded in the user's own
// connection as its first field. The zero value is ready for [Loop.Add].
//
// It has three kinds of methods. Those called ...Locked, for sending, need
// [Conn.Lock] held, and may be called from any goroutine. [Conn.State] and
// [Conn.Buffered] may be called from any goroutine. All others are for the
// goroutine of the loop alone.
//
// A million of these lie idle: every field counts.
type Conn struct {
	loop *Loop
	out  *queue // what is not sent yet, or nil; guarded by mu
	mu   sync.Mutex
	word atomic.Uint32 // flags, errno and state; but for corked, held, yielded, gathering and handling written with mu held, read by all
	fd   int32
	slot int32  // in loop.conns
	gen  uint32 // tells this connection from earlier ones of its slot

	next, prev int32  // links in the timing wheel
	due        uint32 // tick at which the timer fires
	seen       uint32 // tick at which bytes came, or room for them, last
}

// The flags in Conn.word.
const (
	corked    uint32 = 1 << iota // sends wait for the end of the readable event
	blocked                      // the socket is full: waiting for Writable
	paused                       // not waiting for Readable
	ended                        // the peer has ended its stream
	finishing                    // to be closed once everything is sent
	endsFirst                    // see EndsFirst
	silent                       // see Silent
	talking                      // see Talking, until our stream is ended
	lingering                    // everything is sent: reading and discarding
	broken                       // a write failed, with the errno in word
	attending                    // on its way to Events.Attended
	adopted                      // see Adopt
	held                         // see Hold
	yielded                      // see Yield
	unwatched                    // removed from the poller
	muted                        // see MuteLocked
	gathering                    // see Gather
	handling                     // see Handle
	released                     // see Release
	sealing                      // see Seal
	closed                       // to be freed at the end of the tick, or freed

	errnoShift = 21
	stateShift = 28
	errnoMask  = 0x7F // what sockets fail with is less, on all systems
	stateMask  = 0xF
)

var _ [1<<errnoShift - 2*closed]struct{} // the flags leave room for the errno

func (c *Conn) has(flags uint32) bool { return c.word.Load()&flags != 0 }

func (c *Conn) setLocked(flags uint32)   { c.word.Or(flags) }
func (c *Conn) clearLocked(flags uint32) { c.word.And(^flags) }

// Lock locks the write side. No call of [Events] comes with it locked.
func (c *Conn) Lock() { c.mu.Lock() }

// Unlock unlocks the write side.
func (c *Conn) Unlock() { c.mu.Unlock() }

// Loop gives the loop that c was added to.
func (c *Conn) Loop() *Loop { return c.loop }

// FD gives the descriptor. It is the loop's: whoever uses it from another
// goroutine holds the lock and has seen that c is not [Conn.Gone].
func (c *Conn) FD() int { return int(c.fd) }

// Slot gives the place of c among the loop's connections. It is another's as
// soon as [Events.Closed] returns.
func (c *Conn) Slot() int { return int(c.slot) }

// Gone tells that c is closed.
func (c *Conn) Gone() bool { return c.has(closed) }

// State gives what SetStateLocked set last, 0 at first. The loop does not
// look at it.
func (c *Conn) State() uint8 { return uint8(c.word.Load() >> stateShift) }

// SetStateLocked sets the user's state, of 4 bits.
func (c *Conn) SetStateLocked(s uint8) {
	for {
		old := c.word.Load()
		if c.word.CompareAndSwap(old, old&^(stateMask<<stateShift)|uint32(s)<<stateShift) {
			return
		}
	}
}

// MuteLocked marks c for its user, as one that has nothing more to be told. The
// loop does not look at it.
func (c *Conn) MuteLocked() { c.setLocked(muted) }

// Muted tells that MuteLocked was called. It may be called from any goroutine.
func (c *Conn) Muted() bool { return c.has(muted) }

// Handle marks c for its user, as one whose handler is being called elsewhere
// than on the loop, until [Conn.Handled]. The loop does not look at it. It may
// be called from any goroutine, as may Handled and Handling.
func (c *Conn) Handle() { c.word.Or(handling) }

// Handled takes Handle back.
func (c *Conn) Handled() { c.word.And(^handling) }

// Handling tells that c is between Handle and Handled.
func (c *Conn) Handling() bool { return c.has(handling) }

// SetTimer makes [Events.Timer] come after d, give or take 10 ms, once, in
// place of what was set. More than 46 hours count as 46 hours.
func (c *Conn) SetTimer(d time.Duration) {
	if c.has(closed) {
		return // its slot may be another's by now
	}
	d = min(max(d, 0), reach*tickLength)
	ticks := (d + tickLength - 1) / tickLength
	c.loop.wheel.set(c, c.loop.tick+uint32(ticks))
}

// Hasten makes the timer fire after d at the latest.
func (c *Conn) Hasten(d time.Duration) {
	if c.prev == none || time.Duration(int32(c.due-c.loop.tick))*tickLength > d {
		c.SetTimer(d)
	}
}

// StopTimer stops the timer.
func (c *Conn) StopTimer() { c.loop.wheel.stop(c) }

// Silent tells for how long nothing has been read from the peer, nor taken by
// it after its socket was full.
func (c *Conn) Silent() time.Duration {
	return time.Duration(c.loop.tick-c.seen) * tickLength
}

// Stalled tells for how long a peer whose socket is full has taken nothing; 0
// if it is not full, or only since the loop last looked.
func (c *Conn) Stalled() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.has(blocked) || c.has(attending) || c.out == nil {
		return 0
	}
	return time.Duration(c.loop.tick-c.out.moved) * tickLength
}

// interestLocked is what the poller has to wait for.
func (c *Conn) interestLocked() (want Interest) {
	if !c.has(paused | ended) {
		want |= Readable
	}
	if c.has(blocked) {
		want |= Writable
	}
	return want
}

// Attending tells that Events.Attended is still to come for c. It may be called
// from any goroutine.
func (c *Conn) Attending() bool { return c.has(attending) }

// AttendLocked makes [Events.Attended] come on the loop's goroutine soon,
// once for all calls until then.
func (c *Conn) AttendLocked() {
	if c.has(attending | closed) {
		return
	}
	c.setLocked(attending)
	c.loop.attend(c)
}
