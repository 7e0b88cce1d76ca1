package loop

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/pool"
)

const (
	readSize    = 64 << 10 // what is read from a connection in one go
	yieldPeriod = 64       // ticks between yields to other goroutines
)

// Events is what a loop tells its user. All calls come one after the other on
// the loop's goroutine, which waits for them; they may use every method of the
// loop and its connections.
type Events interface {
	// Accepted brings a new socket, which the user adds to this loop or closes.
	Accepted(fd int)

	// Hold tells whether to read no further from a connection whose socket
	// is full, with that many bytes unsent. It is asked again as they get less.
	Hold(c *Conn, unsent int) bool

	// Room may give memory for the next bytes of c to be read into, if the
	// user has a place where they belong; Filled then tells how many came. If c
	// yields instead, nothing is read.
	// If Room gives nil, Data brings them, in memory that is the user's until
	// it returns. What is sent on c during Data and Filled leaves afterwards,
	// together.
	Room(c *Conn) []byte
	Filled(c *Conn, n int)
	Data(c *Conn, b []byte)

	// Layer gives what a connection's bytes are to pass through, if it was
	// sealed. Unlike the other calls it may come on any goroutine, and with
	// the connection locked.
	Layer(c *Conn) Layer

	// Turn comes after [Conn.Yield], to go on with what waited, and tells
	// whether anything did. If not, c is read from.
	Turn(c *Conn) bool

	// Ended tells that the peer has ended its stream; it may still read.
	Ended(c *Conn)

	// Drained tells that a connection whose socket was full is empty again.
	Drained(c *Conn)

	// Timer tells that c's timer has fired.
	Timer(c *Conn)

	// Attended comes after [Conn.AttendLocked].
	Attended(c *Conn)

	// Ticked comes at the end of each tick, and soon after Stats.Unsent has
	// grown.
	Ticked()

	// Failed tells that the poller has failed, so that the loop will close all
	// that is open, and end.
	Failed(err error)

	// Closed is the last call for c, exactly one for each that was added. e
	// is what failed, 0 if nothing did.
	Closed(c *Conn, e Errno)
}

// Stats counts; each may be read from any goroutine.
type Stats struct {
	Accepted atomic.Uint64
	Shed     atomic.Uint64 // ended at once, for want of descriptors, or by TurnAway
	Open     atomic.Int64
	Timers   atomic.Int64 // that are set, alarms included
	BytesIn  atomic.Uint64
	BytesOut atomic.Uint64
	Unsent   atomic.Int64 // bytes of memory that hold what is not sent yet
}

// Loop is an event loop. Post, Stats and the sending methods of connections
// are for any goroutine, all else is for the goroutine in [Loop.Run].
type Loop struct {
	Stats Stats

	sys    System
	poller Poller
	events Events
	conns  slots
	wheel  wheel
	fire   func(*Conn)
	gens   uint32

	stopping bool

	bytesIn, bytesOut uint64 // of this tick, not in Stats yet

	now    int64  // the time of this tick, in nanoseconds
	tick   uint32 // the same in ticks of the wheel, but for those lost
	lost   uint32 // ticks in which the loop did not run
	due    int64  // the time at which this tick had to come; negative: none
	behind int    // events since the timers were looked at
	turns  uint32

	ready     []Event
	buf       []byte // what connections without memory of their own read into
	ahead     [maxAhead]ahead
	aheadBuf  []byte        // what they are read into
	scratch   *queue        // what the corked connection sends
	yielding  []*Conn       // that wait for their turn, in its order
	inRow     int           // turns that the first of them has had already
	failing   map[*Conn]int // of those that a write failed for: how often they were read from since
	closing   []ending
	justEnded []*Conn // whose End came in this tick
	listeners []*Listener
	alarms    []alarm
	spare     int // a descriptor to be closed in need, or -1

	mu       sync.Mutex
	posted   []func()
	attended []*Conn
	stopped  bool         // nothing can be posted any more
	waiting  atomic.Bool  // about to wait or waiting: posting has to wake
	pending  atomic.Int32 // reasons not to wait: posted, attended and stirs together
}

// New makes a loop. It does nothing before [Loop.Run].
func New(sys System, events Events) (*Loop, error) {
	p, err := sys.NewPoller()
	if err != nil {
		return nil, fmt.Errorf("loop: %w", err)
	}
	l := &Loop{
		sys: sys, poller: p, events: events, spare: -1, due: -1,
		ready:    make([]Event, maxReady),
		buf:      make([]byte, readSize),
		aheadBuf: make([]byte, aheadSize),
		scratch:  newScratch(),
	}
	l.fire = l.fireTimer
	l.openSpare()
	l.setNow()
	l.wheel.init(&l.conns, l.tick)
	return l, nil
}

// Run runs the loop until [Loop.Stop] or until its poller fails, then closes
// all that is open.
func (l *Loop) Run() (err error) {
	defer l.end() // even if the user's code ends the goroutine
	for err == nil && !l.stopping {
		err = l.Tick()
	}
	if err != nil {
		l.events.Failed(err)
	}
	return err
}

// Tick waits for events once and handles all there is.
func (l *Loop) Tick() error {
	n, err := l.wait()
	if err != nil {
		return fmt.Errorf("loop: %w", err)
	}
	l.setNow()
	l.wheel.skip(l.tick) // an idle wheel was left behind
	for batch := range slices.Chunk(l.ready[:n], maxAhead) {
		l.handle(batch)
	}
	l.runPending()
	if len(l.yielding) > 0 {
		l.giveTurns()
	}
	if l.caughtUp(n) {
		l.wheel.advance(l.tick, l.fire)
	}
	l.resumeListeners()
	if len(l.alarms) > 0 {
		l.ringAlarms()
	}
	l.closeEnded()
	if len(l.justEnded) > 0 {
		clear(l.justEnded)
		l.justEnded = l.justEnded[:0]
	}
	l.events.Ticked()
	l.Stats.BytesIn.Add(l.bytesIn)
	l.Stats.BytesOut.Add(l.bytesOut)
	l.bytesIn, l.bytesOut = 0, 0
	l.countTimers()
	if l.turns++; l.turns%yieldPeriod == 0 {
		runtime.Gosched()
	}
	return nil
}

// countTimers spares the many ticks that set none a locked instruction.
func (l *Loop) countTimers() {
	if n := int64(l.wheel.armed + len(l.alarms)); n != l.Stats.Timers.Load() {
		l.Stats.Timers.Store(n)
	}
}

// wait declares itself waiting before it looks at what is pending: whoever
// posts later sees that, and wakes it.
func (l *Loop) wait() (int, error) {
	l.waiting.Store(true)
	defer l.waiting.Store(false)
	l.due = l.deadline()
	deadline := l.due
	if l.pending.Load() > 0 || len(l.yielding) > 0 || l.behind > 0 {
		deadline = 0
	}
	return l.poller.Wait(l.ready, deadline)
}

func (l *Loop) deadline() int64 {
	deadline := int64(-1)
	if ticks, ok := l.wheel.next(); ok {
		deadline = l.now - l.now%int64(tickLength) + int64(ticks)*int64(tickLength)
	}
	for _, ls := range l.listeners {
		if ls != nil && ls.resume != 0 && (deadline < 0 || ls.resume < deadline) {
			deadline = ls.resume
		}
	}
	return l.earlierAlarm(deadline)
}

func (l *Loop) dispatch(ev Event) {
	if ev.Handle.Slot < wakeSlot {
		if ls := l.listener(ev.Handle.Slot); ls != nil {
			l.accept(ls)
		}
		return
	}
	c := l.connOf(ev.Handle)
	if c == nil {
		return // it has gone since it was reported
	}
	if ev.Ready&Writable != 0 {
		l.writable(c)
	}
	if ev.Ready&Readable != 0 && !c.has(yielded) {
		l.readable(c)
	}
}

// connOf gives the connection that an event is for, nil if it has gone.
func (l *Loop) connOf(h Handle) *Conn {
	if c := l.conns.at(h.Slot); c != nil && c.gen == h.Gen && !c.has(closed) {
		return c
	}
	return nil
}

func (l *Loop) fireTimer(c *Conn) {
	switch {
	case !c.has(finishing):
		l.events.Timer(c)
	case !l.endAfterPause(c):
		l.close(c, errTimeout)
	}
}

// Add puts the socket fd under this loop, as c. On failure the socket remains
// the caller's.
func (l *Loop) Add(c *Conn, fd int) Errno {
	l.gens++
	c.loop, c.fd, c.gen = l, int32(fd), l.gens
	c.next, c.prev, c.seen = none, none, l.tick
	l.conns.put(c)
	if e := l.poller.Add(fd, Handle{c.slot, c.gen}, Readable); e != 0 {
		l.conns.remove(c)
		c.mu.Lock()
		c.setLocked(closed)
		c.mu.Unlock()
		return e
	}
	l.Stats.Open.Add(1)
	return 0
}

// Adopt is Add for a socket that others may have a descriptor of as well: then
// closing ours would not end its registration.
func (l *Loop) Adopt(c *Conn, fd int) Errno {
	e := l.Add(c, fd)
	if e == 0 {
		c.word.Or(adopted)
	}
	return e
}

// Events gives what the loop was made with.
func (l *Loop) Events() Events { return l.events }

// CloseFD closes a socket that was not added.
func (l *Loop) CloseFD(fd int) { l.sys.Close(fd) }

// RemoteIP gives the IP address of a socket's peer, if it has one.
func (l *Loop) RemoteIP(fd int) (netip.Addr, bool) { return l.sys.RemoteIP(fd) }

// Now gives the time of this tick, on a monotonic clock.
func (l *Loop) Now() time.Duration { return time.Duration(l.now) }

// Clock gives the time now, on the same clock, from any goroutine.
func (l *Loop) Clock() time.Duration { return time.Duration(l.sys.Now()) }

// Slots gives the number of slots that Conn may be asked for.
func (l *Loop) Slots() int { return int(l.conns.used) }

// Conn gives the connection in slot i, or nil: to visit all of them in parts.
func (l *Loop) Conn(i int) *Conn {
	c := l.conns.at(int32(i))
	if c == nil || c.has(closed) {
		return nil
	}
	return c
}

// end closes all that is open.
func (l *Loop) end() {
	l.mu.Lock()
	l.stopped = true
	l.mu.Unlock()
	l.runPending()
	l.CloseListeners()
	for i := range l.Slots() {
		if c := l.Conn(i); c != nil {
			l.close(c, 0)
		}
	}
	l.closeEnded()
	if l.spare >= 0 {
		l.sys.Close(l.spare)
	}
	l.poller.Close()
	pool.Put(l.scratch.buf)
	pool.Put(l.scratch.sealed)
}
