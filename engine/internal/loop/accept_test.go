//go:build linux || darwin || freebsd

package loop

import (
	"net"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// accepting makes a rig that listens, and gives what clients dial.
func accepting(t *testing.T, network string, s *script) (*rig, *Listener, net.Listener) {
	t.Helper()
	r := newRig(t, s)
	ln := listen(t, network)
	ls := r.listenTo(ln)
	return r, ls, ln
}

func (r *rig) listenTo(ln net.Listener) *Listener {
	r.t.Helper()
	fd, err := Detach(ln.(socket)) // ln stays open, for its address and for Unix sockets' path
	if err != nil {
		r.t.Fatal(err)
	}
	ls := &Listener{FD: fd}
	if e := r.Listen(ls); e != 0 {
		r.t.Fatal(e)
	}
	return ls
}

func (r *rig) untilAccepted(n uint64) {
	r.t.Helper()
	r.until("accepted", func() bool { return r.Stats.Accepted.Load() >= n })
}

func TestAccept(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		r, _, ln := accepting(t, network, &script{})
		const n = acceptBatch + 10
		for i := range n {
			dial(t, ln)
			if i%2 == 0 {
				r.tick()
			}
		}
		r.untilAccepted(n)
		if open := r.Stats.Open.Load(); open != n || r.Slots() != n {
			t.Fatalf("%d open in %d slots, want %d", open, r.Slots(), n)
		}
	})
}

// What is accepted does not block, is not inherited, and sends small writes at
// once.
func TestAcceptedSocket(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		var fd int
		r, _, ln := accepting(t, network, &script{accepted: func(accepted int) { fd = accepted }})
		dial(t, ln)
		r.untilAccepted(1)
		defer r.CloseFD(fd)
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
			t.Errorf("it blocks (%v)", err)
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("it is inherited (%v)", err)
		}
		if network == "tcp" {
			if on, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY); err != nil || on == 0 {
				t.Errorf("it delays small writes (%v)", err)
			}
		}
	})
}

// With no descriptors left one client is shed, and the loop accepts no more for
// a while, which grows. Those who wait are served once there are descriptors.
func TestOutOfDescriptors(t *testing.T) {
	for _, e := range []Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		t.Run(e.Error(), func(t *testing.T) {
			r, ls, ln := accepting(t, "tcp", &script{})
			r.sys.freeze()
			p := dial(t, ln)
			for i, pause := range []time.Duration{10, 20, 40, 80, 160, 320, 640, 1000, 1000} {
				r.sys.fail(fault{callAccept, 0, 1, e})
				r.until("paused", func() bool { return ls.resume != 0 })
				if got := time.Duration(ls.resume - r.now); got != pause*time.Millisecond {
					t.Fatalf("paused for %v, want %d ms", got, pause)
				}
				if shed := r.Stats.Shed.Load(); shed != uint64(i+1) || r.spare < 0 {
					t.Fatalf("shed %d, want %d; the spare descriptor is %d", shed, i+1, r.spare)
				}
				p.expectGone()
				p = r.expectPause(ls, ln)
				r.tickAt(ls.resume)
			}
			r.untilAccepted(1)
			p.send([]byte("served"))
			r.until("heard", func() bool { return len(r.got) == 1 })
			if ls.backoff != 0 {
				t.Errorf("the next pause grows from %v", ls.backoff)
			}
		})
	}
}

// The loop goes on accepting by itself, with nothing else to wake it.
func TestPauseEnds(t *testing.T) {
	r, _, ln := accepting(t, "tcp", &script{})
	r.sys.fail(fault{callAccept, 0, 3, syscall.EIO})
	dial(t, ln)
	turns := r.turns
	r.untilAccepted(1)
	if n := r.turns - turns; n > 15 {
		t.Errorf("three pauses took %d turns", n)
	}
}

// expectPause checks that a newcomer is not looked at before the pause ends.
func (r *rig) expectPause(ls *Listener, ln net.Listener) (newcomer *peer) {
	r.t.Helper()
	newcomer = dial(r.t, ln)
	before := r.sys.count(callAccept)
	r.tick()
	r.tickAt(ls.resume - 1)
	if n, err := r.poller.Wait(r.ready, 0); n != 0 || err != nil {
		r.t.Fatalf("while paused %d are ready (%v)", n, err)
	}
	if n := r.sys.count(callAccept); n != before {
		r.t.Fatalf("accepted %d times while paused", n-before)
	}
	return newcomer
}

// Without even a spare descriptor nobody is shed, but all else is the same, and
// one is opened as soon as it can be.
func TestOutOfSpares(t *testing.T) {
	r, ls, ln := accepting(t, "tcp", &script{})
	r.sys.freeze()
	first := dial(t, ln)
	r.sys.fail(fault{callSpare, 0, 2, syscall.EMFILE})
	for i, shed := range []uint64{1, 1, 2} {
		r.sys.fail(fault{callAccept, 0, 1, syscall.EMFILE})
		r.until("paused", func() bool { return ls.resume != 0 })
		if got := r.Stats.Shed.Load(); got != shed {
			t.Fatalf("pause %d: shed %d, want %d", i, got, shed)
		}
		r.expectPause(ls, ln)
		r.tickAt(ls.resume)
	}
	first.expectGone()
	r.untilAccepted(2)
	if r.spare < 0 {
		t.Error("there is still no spare descriptor")
	}
}

// An error that one client causes must not keep the others waiting; any other
// must not keep the loop busy.
func TestAcceptErrors(t *testing.T) {
	tests := []struct {
		e     Errno
		pause bool
	}{
		{syscall.EINTR, false}, {syscall.ECONNABORTED, false}, {syscall.EPROTO, false},
		{syscall.EBADF, true}, {syscall.EINVAL, true}, {syscall.ENOTSOCK, true},
		{syscall.EPERM, true}, {syscall.EOPNOTSUPP, true}, {syscall.EIO, true},
	}
	for _, tt := range tests {
		t.Run(tt.e.Error(), func(t *testing.T) {
			r, ls, ln := accepting(t, "tcp", &script{})
			r.sys.freeze()
			dial(t, ln)
			r.sys.fail(fault{callAccept, 0, 1, tt.e})
			r.until("accepting", func() bool { return r.sys.count(callAccept) > 0 })
			if paused := ls.resume != 0; paused != tt.pause {
				t.Fatalf("paused: %v, want %v", paused, tt.pause)
			}
			if tt.pause {
				r.expectPause(ls, ln)
				r.tickAt(ls.resume)
			}
			r.untilAccepted(1)
		})
	}
}

// A listening socket that somebody has shut down is ready for ever.
func TestBrokenListener(t *testing.T) {
	r, ls, _ := accepting(t, "tcp", &script{})
	r.sys.freeze()
	if err := unix.Shutdown(ls.FD, unix.SHUT_RDWR); err != nil {
		t.Skip(err)
	}
	for range 3 {
		r.until("paused", func() bool { return ls.resume != 0 })
		if n, err := r.poller.Wait(r.ready, 0); n != 0 || err != nil {
			t.Fatalf("while paused %d are ready (%v)", n, err)
		}
		r.tickAt(ls.resume)
	}
}

// Accepting goes on after the pause even if the poller refuses it at first.
func TestResumeFails(t *testing.T) {
	r, ls, ln := accepting(t, "tcp", &script{})
	r.sys.freeze()
	r.sys.fail(fault{callAccept, 0, 1, syscall.EMFILE})
	dial(t, ln)
	r.until("paused", func() bool { return ls.resume != 0 })
	r.expectPause(ls, ln)
	r.sys.fail(fault{callAdd, 0, 1, syscall.ENOMEM})
	r.tickAt(ls.resume)
	if ls.resume == 0 {
		t.Fatal("not paused, though not registered")
	}
	r.tickAt(ls.resume)
	r.untilAccepted(1)
}

// Once the listeners are closed nothing is accepted from a descriptor that may
// be another's.
func TestCloseListenersWhileAccepting(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		s := &script{}
		r, ls, ln := accepting(t, network, s)
		s.accepted = func(fd int) { r.CloseListeners(); r.CloseFD(fd) }
		for range 3 {
			dial(t, ln)
		}
		r.untilAccepted(1)
		r.tick()
		r.CloseListeners()
		if n := r.sys.count(callAccept); n != 1 || !slices.Contains(r.sys.closed, ls.FD) {
			t.Fatalf("accepted %d times, though closed after the first; closed: %v", n, slices.Contains(r.sys.closed, ls.FD))
		}
	})
}

func TestListenRefusesWhatIsNoSocket(t *testing.T) {
	r := newRig(t, &script{})
	if e := r.Listen(&Listener{FD: 1 << 20}); e != syscall.EBADF || len(r.listeners) != 0 {
		t.Fatalf("%v, %d listeners", e, len(r.listeners))
	}
}

// Deal spreads connections over loops, each of which gets its own on its own
// goroutine.
func TestDeal(t *testing.T) {
	const loops, each = 3, 20
	var got sync.WaitGroup
	got.Add(loops * each)
	var rigs []*rig
	for range loops {
		s := &script{data: func(c *Conn, b []byte) { c.send(b) }}
		s.accepted = func(fd int) {
			if e := s.loop.Add(new(Conn), fd); e != 0 {
				t.Error(e)
			}
			got.Done()
		}
		rigs = append(rigs, newRig(t, s))
	}
	ln := listen(t, "tcp")
	turn := 0
	rigs[0].listenTo(ln).Deal = func() *Loop { turn++; return rigs[turn%loops].Loop }
	for _, r := range rigs {
		r.start()
	}
	for range loops * each {
		p := dial(t, ln)
		p.send([]byte("echo"))
		p.expect([]byte("echo"))
	}
	got.Wait()
	for i, r := range rigs {
		if n := r.Stats.Open.Load(); n != each {
			t.Errorf("loop %d has %d connections, want %d", i, n, each)
		}
	}
}

// What is dealt to a loop that has stopped is closed.
func TestDealToStoppedLoop(t *testing.T) {
	r, ls, ln := accepting(t, "tcp", &script{})
	stopped := newRig(t, &script{})
	stopped.stop()
	ls.Deal = func() *Loop { return stopped.Loop }
	p := dial(t, ln)
	r.untilAccepted(1)
	p.expectGone()
}
