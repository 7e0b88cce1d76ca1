//go:build unix

package loop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
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
	ended    func(c *Conn)
	drained  func(c *Conn)
	timer    func(c *Conn)
	attended func(c *Conn)
	closed   func(c *Conn, e Errno)

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

func (s *script) Ended(c *Conn)    { call1(s.ended, c) }
func (s *script) Drained(c *Conn)  { call1(s.drained, c) }
func (s *script) Ticked()          {}
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

// tickAt has a tick when the clock reads now, which is not in the past.
func (r *rig) tickAt(now int64) {
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

// peer is the other end of a connection.
type peer struct {
	t testing.TB
	halfCloser
}

type halfCloser interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
	SetReadBuffer(int) error
}

// networks are those that connections are tried on.
var networks = []string{"tcp", "unix"}

func onEachNetwork(t *testing.T, f func(t *testing.T, network string)) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) { f(t, network) })
	}
}

// listen gives a listening socket.
func listen(t testing.TB, network string) net.Listener {
	t.Helper()
	addr := "127.0.0.1:0"
	if network == "unix" {
		addr = filepath.Join(t.TempDir(), "s")
	}
	ln, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

func dial(t testing.TB, to net.Listener) *peer {
	t.Helper()
	conn, err := net.Dial(to.Addr().Network(), to.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { conn.Close() })
	return &peer{t, conn.(halfCloser)}
}

// socket is what connections and listeners of package net are.
type socket interface {
	syscall.Conn
	io.Closer
}

// detached gives the socket of s, which is closed.
func detached(t testing.TB, s socket) int {
	t.Helper()
	fd, err := Detach(s)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return fd
}

// pair gives both ends of a connection. What the system holds between them is
// bounded, so that it takes little to fill a socket.
func pair(t testing.TB, network string) (fd int, p *peer) {
	t.Helper()
	ln := listen(t, network)
	defer ln.Close()
	p = dial(t, ln)
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(p.SetReadBuffer(64<<10), conn.(interface{ SetWriteBuffer(int) error }).SetWriteBuffer(256<<10))
	if err != nil {
		t.Fatal(err)
	}
	return detached(t, conn.(socket)), p
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

func (p *peer) send(b []byte) {
	p.t.Helper()
	if _, err := p.Write(b); err != nil {
		p.t.Errorf("the peer cannot write: %v", err)
	}
}

// expect reads exactly want.
func (p *peer) expect(want []byte) {
	p.t.Helper()
	if err := p.read(want); err != nil {
		p.t.Fatal(err)
	}
}

// expectMeanwhile is expect on another goroutine, for what comes only as the
// test goes on.
func (p *peer) expectMeanwhile(want []byte) (done <-chan error) {
	c := make(chan error, 1)
	go func() { c <- p.read(want) }()
	return c
}

func (p *peer) read(want []byte) error {
	b := make([]byte, len(want))
	if n, err := io.ReadFull(p, b); err != nil {
		return fmt.Errorf("the peer read %d bytes of %d: %w", n, len(want), err)
	}
	if !bytes.Equal(b, want) {
		return fmt.Errorf("the peer read %s, want %s", excerpt(b), excerpt(want))
	}
	return nil
}

func excerpt(b []byte) string {
	if len(b) > 40 {
		b = append(b[:40:40], "..."...)
	}
	return string(b)
}

// expectEnd reads the end of the stream.
func (p *peer) expectEnd() {
	p.t.Helper()
	if n, err := p.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		p.t.Fatalf("the peer read %d bytes, %v, want the end of the stream", n, err)
	}
}

// expectNothing makes sure that there is nothing to be read now, no end either.
func (p *peer) expectNothing() {
	p.t.Helper()
	raw, err := p.SyscallConn()
	if err != nil {
		p.t.Fatal(err)
	}
	raw.Read(func(fd uintptr) bool {
		if n, e := OS.Read(int(fd), make([]byte, 1)); e != syscall.EAGAIN {
			p.t.Errorf("the peer read %d bytes, %v, want nothing yet", n, e)
		}
		return true
	})
}

// reset closes so that the other end gets a reset.
func (p *peer) reset() {
	p.t.Helper()
	if tcp, ok := p.halfCloser.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	p.Close()
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
