//go:build linux || darwin || freebsd

package loop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/pool"
)

// A peer that keeps sending reads everything that was sent to it, and then the
// end of the stream, not a reset.
func TestFinishIsReadToTheEnd(t *testing.T) {
	for name, expect := range map[string]Peer{"either": 0, "peer ends first": EndsFirst, "silent peer": Silent, "talking peer": Talking, "talking peer that ends first": Talking | EndsFirst} {
		t.Run(name, func(t *testing.T) {
			onEachNetwork(t, func(t *testing.T, network string) { testFinish(t, network, expect) })
		})
	}
}

func testFinish(t *testing.T, network string, expect Peer) {
	answer := bytes.Repeat([]byte("answer"), 100_000)
	ended := make(chan Errno, 1)
	r := newRig(t, &script{
		data: func(c *Conn, _ []byte) {
			c.send(answer)
			c.Finish(patience, expect)
		},
		closed: func(_ *Conn, e Errno) { ended <- e },
	})
	_, p := r.connect(network)
	r.start()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for range 32 {
			p.send(make([]byte, 64<<10))
		}
	}()
	p.expect(answer)
	if expect&EndsFirst == 0 {
		p.expectEnd()
		receive(t, sent)
	} else {
		receive(t, sent)
		p.expectNothing()
	}
	if err := p.CloseWrite(); err != nil {
		t.Error(err)
	}
	if e := receive(t, ended); e != 0 {
		t.Errorf("closed with %v", e)
	}
	p.expectEnd()
}

func TestFinishHasBounds(t *testing.T) {
	tests := []struct {
		name    string
		unsent  bool
		expect  Peer
		sends   int           // bytes that the peer sends
		early   time.Duration // after which it must still be there
		late    time.Duration // after which it must not
		because Errno
	}{
		{"bytes", false, 0, lingerBytes + 1, 0, 0, syscall.EMSGSIZE},
		{"bytes while unsent", true, 0, lingerBytes + 1, 0, 0, syscall.EMSGSIZE},
		{"fewer bytes, then time", false, 0, lingerBytes, 59 * time.Second, time.Minute, syscall.ETIMEDOUT},
		{"time", false, 0, 0, 59 * time.Second, time.Minute, syscall.ETIMEDOUT},
		{"time while unsent", true, 0, 0, 59 * time.Second, time.Minute, syscall.ETIMEDOUT},
		{"time if the peer does not end first", false, EndsFirst, 0, 59 * time.Second, time.Minute, syscall.ETIMEDOUT},
		{"silent peer", false, Silent, 0, silentLinger - 50*time.Millisecond, silentLinger, syscall.ETIMEDOUT},
		{"silent peer that does not read", true, Silent, 0, 59 * time.Second, time.Minute, syscall.ETIMEDOUT},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onEachNetwork(t, func(t *testing.T, network string) {
				r := newRig(t, &script{})
				c, p := r.connect(network)
				if tt.unsent {
					c.fillSocket()
				}
				r.sys.freeze()
				r.tick()
				begun := r.now
				c.Finish(time.Minute, tt.expect)
				r.discardFrom(c, p, tt.sends)
				if tt.late > 0 {
					r.tickAt(begun + int64(tt.early))
					if c.Gone() {
						t.Fatalf("closed too early, after %v", tt.early)
					}
					r.tickAt(begun + int64(tt.late+tickLength))
				}
				r.untilClosed(c, tt.because)
			})
		})
	}
}

// discardFrom has p send n bytes, which the loop reads.
func (r *rig) discardFrom(c *Conn, p *peer, n int) {
	r.t.Helper()
	sent := 0
	piece := make([]byte, 64<<10)
	for sent < n {
		m := min(len(piece), n-sent)
		if _, err := p.Write(piece[:m]); err != nil {
			r.t.Fatal(err)
		}
		sent += m
		r.until("read", func() bool { return c.Gone() || c.out != nil && c.out.discarded == sent })
	}
}

// A stall must not give a silent peer more time than Finish allows.
func TestFinishIsNotProlonged(t *testing.T) {
	r := newRig(t, &script{})
	c, p := r.connect("unix")
	all := c.fillSocket()
	r.tick()
	c.Finish(50*time.Millisecond, Silent)
	p.expect(all[:len(all)-c.Buffered()]) // now the rest fits in
	r.sys.forward(time.Second)
	r.tick()
	if c.Buffered() != 0 {
		t.Fatalf("%d bytes are still unsent", c.Buffered())
	}
	if e := r.ends[c]; e != syscall.ETIMEDOUT {
		t.Fatalf("closed with %v (gone: %v), though its time was up", e, c.Gone())
	}
}

// A peer that ends its stream after its request still gets the answer.
func TestEndedWithUnsentBytes(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		answer := bytes.Repeat([]byte("0123456789"), 500_000)
		ended := make(chan Errno, 1)
		r := newRig(t, &script{
			data:   func(c *Conn, _ []byte) { c.send(answer) },
			ended:  func(c *Conn) { c.Finish(patience, 0) },
			closed: func(_ *Conn, e Errno) { ended <- e },
		})
		_, p := r.connect(network)
		r.start()
		p.send([]byte("request"))
		p.CloseWrite()
		p.expect(answer)
		p.expectEnd()
		if e := receive(t, ended); e != 0 {
			t.Errorf("closed with %v", e)
		}
	})
}

func TestAbort(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		lent := pool.Lent()
		r := newRig(t, &script{})
		c, p := r.connect(network)
		c.fillSocket()
		c.Abort()
		if !c.Gone() || c.Buffered() != 0 || pool.Lent() != lent+1 { // the loop has a queue of its own
			t.Fatalf("gone: %v, with %d bytes unsent, %d buffers held", c.Gone(), c.Buffered(), pool.Lent()-lent-1)
		}
		r.tick()
		r.untilClosed(c, 0)
		if _, err := io.Copy(io.Discard, p); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the peer reads until %v", err)
		}
	})
}

// However often and in whatever order a connection is ended: Closed comes
// once, which the script checks.
func TestEndsOnce(t *testing.T) {
	ends := map[string]func(c *Conn){
		"Abort":  (*Conn).Abort,
		"Finish": func(c *Conn) { c.Finish(0, 0) },
		"Linger": func(c *Conn) { c.Finish(time.Hour, 0) },
	}
	for first, end1 := range ends {
		for second, end2 := range ends {
			t.Run(first+" "+second, func(t *testing.T) {
				r := newRig(t, &script{})
				c, _ := r.connect("unix")
				end1(c)
				end2(c)
				r.tick()
				end1(c)
				end2(c)
				c.Abort()
				r.tick()
				if len(r.ends) != 1 || r.Stats.Open.Load() != 0 {
					t.Fatalf("closed %d times, %d open", len(r.ends), r.Stats.Open.Load())
				}
			})
		}
	}
}

// A descriptor is closed only at the end of the tick: no event of that tick
// reaches whoever gets its number, or its slot.
func TestClosesAtTheEndOfTheTick(t *testing.T) {
	var r *rig
	var conns [2]*Conn
	var late *Conn
	heard := 0
	r = newRig(t, &script{data: func(c *Conn, _ []byte) {
		heard++
		other := conns[0]
		if c == other {
			other = conns[1]
		}
		other.Abort()
		if !isOpen(other.FD()) {
			t.Error("closed in the middle of the tick")
		}
		late, _ = r.connect("unix")
		if late.fd == other.fd || late.slot == other.slot {
			t.Errorf("descriptor %d, slot %d given out again in the same tick", late.fd, late.slot)
		}
	}})
	var peers [2]*peer
	for i := range conns {
		conns[i], peers[i] = r.connect("unix")
	}
	for _, p := range peers {
		p.send([]byte("both at once"))
	}
	r.tick()
	if heard != 1 || len(r.ends) != 1 || r.Stats.Open.Load() != 2 {
		t.Fatalf("%d were heard, %d closed, %d are open", heard, len(r.ends), r.Stats.Open.Load())
	}
}

// An event for a connection that has gone must not reach the next one in its
// slot.
func TestStaleEvents(t *testing.T) {
	r := newRig(t, &script{})
	gone, _ := r.connect("unix")
	stale := Handle{gone.slot, gone.gen}
	gone.Abort()
	r.dispatch(Event{stale, Readable | Writable}) // in the same tick
	r.tick()
	r.dispatch(Event{stale, Readable | Writable}) // its slot is empty
	next, p := r.connect("unix")
	if next.slot != stale.Slot || next.gen == stale.Gen {
		t.Fatalf("slot %d, generation %d follow %v", next.slot, next.gen, stale)
	}
	p.send([]byte("for the next one"))
	r.dispatch(Event{stale, Readable | Writable})
	if n := r.sys.readsOf(int(next.fd)); n != 0 || len(r.ends) != 1 {
		t.Fatalf("a stale event has read %d times, %d have ended", n, len(r.ends))
	}
	r.tick()
	if string(r.got[next]) != "for the next one" {
		t.Fatalf("the next one got %q", r.got[next])
	}
}

// What still holds a closed connection can neither send to whoever has its
// descriptor now, nor reach whoever has its slot.
func TestClosedConnectionIsInert(t *testing.T) {
	uses := map[string]func(c *Conn){
		"SetTimer":  func(c *Conn) { c.SetTimer(0) },
		"StopTimer": (*Conn).StopTimer,
		"Abort":     (*Conn).Abort,
		"Finish":    func(c *Conn) { c.Finish(0, 0) },
		"Send":      func(c *Conn) { c.send([]byte("late")) },
		"Commit": func(c *Conn) {
			c.Lock()
			c.CommitLocked(append(c.RoomLocked(4), "late"...), []byte("tail"))
			c.Unlock()
		},
		"Flush":  func(c *Conn) { c.Lock(); c.FlushLocked(); c.Unlock() },
		"Attend": func(c *Conn) { c.Lock(); c.AttendLocked(); c.Unlock() },
	}
	for name, use := range uses {
		for _, corked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s corked %v", name, corked), func(t *testing.T) {
				r := newRig(t, &script{
					data:     func(c *Conn, _ []byte) { c.Abort(); use(c) },
					timer:    func(*Conn) { t.Error("its timer fired") },
					attended: func(*Conn) { t.Error("it was attended to") },
				})
				lent := pool.Lent()
				c, p := r.connect("unix")
				c.SetTimer(tickLength)
				if corked {
					p.send([]byte("x"))
				} else {
					c.Abort()
					use(c)
				}
				r.tick()
				next, nextPeer := r.connect("unix")
				use(c)
				r.sys.forward(time.Second)
				r.tick()
				nextPeer.expectNothing()
				if next.slot != c.slot || next.Gone() || pool.Lent() != lent {
					t.Fatalf("the next one in slot %d of %d is gone: %v; %d buffers held",
						next.slot, c.slot, next.Gone(), pool.Lent()-lent)
				}
				if n := r.sys.count(callWrite) + r.sys.count(callWritev); n != 0 {
					t.Fatalf("wrote %d times", n)
				}
			})
		}
	}
}

// User's code that ends the loop's goroutine, as testing's FailNow does, ends
// the loop, but nothing twice: a descriptor could be another's by then.
func TestGoexit(t *testing.T) {
	for _, in := range []string{"Data", "Closed"} {
		t.Run(in, func(t *testing.T) {
			r := newRig(t, &script{})
			r.data = func(c *Conn, _ []byte) {
				c.Abort()
				if in == "Data" {
					runtime.Goexit()
				}
			}
			r.closed = func(*Conn, Errno) {
				if in == "Closed" && len(r.ends) == 1 {
					runtime.Goexit()
				}
			}
			conns, _ := r.readyTogether(3, 1)
			over := make(chan struct{})
			go func() { defer close(over); r.Run() }()
			receive(t, over)
			r.over = true
			if len(r.ends) != len(conns) || r.Post(func() {}) {
				t.Errorf("%d of %d were told of their end", len(r.ends), len(conns))
			}
			for _, c := range conns {
				if n := countOf(r.sys.closed, c.FD()); n != 1 {
					t.Errorf("descriptor %d was closed %d times", c.FD(), n)
				}
			}
		})
	}
}

func countOf(all []int, one int) (n int) {
	for _, i := range all {
		if i == one {
			n++
		}
	}
	return n
}

// When the loop ends it closes everything, and says so.
func TestEndClosesEverything(t *testing.T) {
	r := newRig(t, &script{})
	ln := listen(t, "tcp")
	fd := detached(t, ln.(socket))
	if e := r.Listen(&Listener{FD: fd}); e != 0 {
		t.Fatal(e)
	}
	fds := []int{fd, r.spare}
	var peers []*peer
	for i := range 10 {
		c, p := r.connect("tcp")
		fds = append(fds, c.FD())
		peers = append(peers, p)
		switch i % 3 {
		case 1:
			c.fillSocket()
		case 2:
			c.Finish(time.Hour, 0)
		}
	}
	r.stop()
	if len(r.ends) != 10 {
		t.Errorf("%d of 10 were told of their end", len(r.ends))
	}
	for _, fd := range fds {
		if !slices.Contains(r.sys.closed, fd) {
			t.Errorf("descriptor %d is still open", fd)
		}
	}
	for _, p := range peers {
		if _, err := io.Copy(io.Discard, p); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a peer reads until %v", err)
		}
	}
}

// The stream to a peer that is in the middle of something goes on until it
// pauses, as its proxy might reset it otherwise; and no longer than it may.
func TestTalkingPeer(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		r := newRig(t, &script{})
		c, p := r.connect(network)
		r.sys.freeze()
		r.tick()
		begun := r.now
		c.Finish(2*time.Second, Talking)
		at := time.Duration(0)
		for sent := 1; sent <= 5; sent++ {
			p.send([]byte("x"))
			r.until("read", func() bool { return c.out.discarded == sent })
			at += pause - 2*tickLength
			r.tickAt(begun + int64(at))
			p.expectNothing()
		}
		r.tickAt(begun + int64(at+3*tickLength))
		p.expectEnd()
		r.tickAt(begun + int64(2*time.Second-50*time.Millisecond))
		if c.Gone() {
			t.Fatal("closed before its time was over")
		}
		r.tickAt(begun + int64(2*time.Second+tickLength))
		r.untilClosed(c, syscall.ETIMEDOUT)
	})
}

// One that never pauses is cut in the end.
func TestPeerThatTalksOn(t *testing.T) {
	r := newRig(t, &script{})
	c, p := r.connect("tcp")
	r.sys.freeze()
	r.tick()
	begun := r.now
	c.Finish(time.Second, Talking)
	for sent := 1; sent <= 10; sent++ {
		p.send([]byte("x"))
		r.until("read", func() bool { return c.Gone() || c.out.discarded == sent })
		r.tickAt(begun + int64(sent)*int64(100*time.Millisecond))
	}
	r.tickAt(begun + int64(time.Second+tickLength))
	r.untilClosed(c, syscall.ETIMEDOUT)
}
