//go:build unix

package loop

import (
	"bytes"
	"syscall"
	"testing"
	"time"
)

// script is the Events of a test: a hook that is nil does what is plain.
type script struct {
	accepted func(fd int)
	hold     func(c *Conn, unsent int) bool
	room     func(c *Conn) []byte
	filled   func(c *Conn, n int)
	data     func(c *Conn, b []byte)
	turn     func(c *Conn) bool
	ended    func(c *Conn)
	drained  func(c *Conn)
	timer    func(c *Conn)
	attended func(c *Conn)
	closed   func(c *Conn, e Errno)
	layer    Layer

	loop *Loop
	got  map[*Conn][]byte // what came, if there is no hook for data
	ends map[*Conn]Errno  // what Closed told
}

func (s *script) Accepted(fd int) {
	switch {
	case s.accepted != nil:
		s.accepted(fd)
	case s.loop.Add(new(Conn), fd) != 0:
		s.loop.CloseFD(fd)
	}
}

func (s *script) Hold(c *Conn, unsent int) bool { return s.hold != nil && s.hold(c, unsent) }

func (s *script) Room(c *Conn) []byte {
	if s.room == nil {
		return nil
	}
	return s.room(c)
}

func (s *script) Filled(c *Conn, n int) { s.filled(c, n) }

func (s *script) Data(c *Conn, b []byte) {
	if s.data == nil {
		s.got[c] = append(s.got[c], b...)
		return
	}
	s.data(c, b)
}

func (s *script) Turn(c *Conn) bool { return s.turn != nil && s.turn(c) }

func (s *script) Layer(*Conn) Layer { return s.layer }

func (s *script) Ended(c *Conn)    { call1(s.ended, c) }
func (s *script) Drained(c *Conn)  { call1(s.drained, c) }
func (s *script) Ticked()          {}
func (s *script) Failed(error)     {}
func (s *script) Timer(c *Conn)    { call1(s.timer, c) }
func (s *script) Attended(c *Conn) { call1(s.attended, c) }

func call1(f func(*Conn), c *Conn) {
	if f != nil {
		f(c)
	}
}

func (s *script) Closed(c *Conn, e Errno) {
	if before, twice := s.ends[c]; twice {
		panic("closed twice: " + before.Error() + ", " + e.Error())
	}
	s.ends[c] = e
	if s.closed != nil {
		s.closed(c, e)
	}
}

// rig is a loop on a faulty system with a script. The test drives it tick by
// tick on its own goroutine, unless it calls start.
type rig struct {
	*Loop
	*script
	t    testing.TB
	sys  *faulty
	run  chan error // the end of Run, if it was started
	over bool       // it has ended
}

func newRig(t testing.TB, s *script) *rig {
	t.Helper()
	r := &rig{t: t, script: s, sys: newFaulty()}
	var err error
	if r.Loop, err = New(r.sys, s); err != nil {
		t.Fatal(err)
	}
	s.loop, s.got, s.ends = r.Loop, map[*Conn][]byte{}, map[*Conn]Errno{}
	t.Cleanup(r.stop)
	return r
}

// start runs the loop on a goroutine.
func (r *rig) start() {
	r.run = make(chan error, 1)
	go func() { r.run <- r.Run() }()
}

// stop ends the loop, and checks that nothing stays open.
func (r *rig) stop() {
	if r.over {
		return
	}
	if r.run == nil {
		r.start()
	}
	r.Stop()
	if err := receive(r.t, r.run); err != nil {
		r.t.Errorf("the loop failed: %v", err)
	}
	r.over = true
	if n := r.Stats.Open.Load(); n != 0 {
		r.t.Errorf("%d connections open at the end", n)
	}
	if n := r.Stats.Unsent.Load(); n != 0 {
		r.t.Errorf("%d bytes unsent at the end", n)
	}
}

// check fails the test if what goes on meanwhile did.
func check(t testing.TB, done <-chan error) {
	t.Helper()
	if err := receive(t, done); err != nil {
		t.Fatal(err)
	}
}

func receive[T any](t testing.TB, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(patience):
		t.Fatal("waited in vain")
	}
	return v
}

// tick handles what is ready now.
func (r *rig) tick() {
	r.t.Helper()
	r.Post(func() {}) // so that it does not wait
	if err := r.Tick(); err != nil {
		r.t.Fatal(err)
	}
}

// tickAt has a tick when the clock reads now, which is not in the past, and
// before that those for which the loop would wake.
func (r *rig) tickAt(now int64) {
	r.t.Helper()
	for due := r.deadline(); due >= 0 && due < now; due = r.deadline() {
		r.stallTo(due)
	}
	r.stallTo(now)
}

// stallTo has no tick before the clock reads now.
func (r *rig) stallTo(now int64) {
	r.t.Helper()
	r.sys.forward(time.Duration(now - r.sys.Now()))
	r.tick()
}

// until ticks until done.
func (r *rig) until(what string, done func() bool) {
	r.t.Helper()
	late := false
	timer := time.AfterFunc(patience, func() { r.Post(func() { late = true }) })
	defer timer.Stop()
	for !done() {
		if late {
			r.t.Fatalf("waited in vain until %s", what)
		}
		if err := r.Tick(); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) untilClosed(c *Conn, want Errno) {
	r.t.Helper()
	r.until("closed", func() bool { _, ok := r.ends[c]; return ok })
	if e := r.ends[c]; e != want {
		r.t.Fatalf("closed with %d (%v), want %d (%v)", e, e, want, want)
	}
}

// connect adds a connection to the loop. It may be called while the test
// drives the loop, or on the loop's goroutine.
func (r *rig) connect(network string) (*Conn, *peer) {
	r.t.Helper()
	fd, p := pair(r.t, network)
	c := new(Conn)
	if e := r.Add(c, fd); e != 0 {
		r.t.Fatalf("Add: %v", e)
	}
	return c, p
}

// send sends b on c.
func (c *Conn) send(b []byte) {
	c.Lock()
	defer c.Unlock()
	c.SendLocked(b)
}

// fillSocket sends until the socket is full and something is unsent, and gives
// all that was sent.
func (c *Conn) fillSocket() (all []byte) {
	for i := byte(0); !c.Blocked(); i++ {
		piece := bytes.Repeat([]byte{i}, 8<<10)
		c.send(piece)
		all = append(all, piece...)
	}
	return all
}

// isOpen tells whether fd is a descriptor.
func isOpen(fd int) bool { return syscall.Fstat(fd, new(syscall.Stat_t)) == nil }
