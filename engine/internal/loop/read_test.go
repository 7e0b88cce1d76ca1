//go:build linux || darwin || freebsd

package loop

import (
	"bytes"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/pool"
)

// Bytes go to the memory that Room gives, and through Data otherwise.
func TestRoom(t *testing.T) {
	own := make([]byte, 8)
	tests := []struct {
		name string
		room func(i int) []byte // the i-th time it is asked
		want []string
	}{
		{"none", func(int) []byte { return nil }, []string{"data 0123456789abcdef"}},
		{"empty", func(int) []byte { return own[:0] }, []string{"data 0123456789abcdef"}},
		{"short", func(int) []byte { return own }, []string{"filled 01234567", "filled 89abcdef"}},
		{"once", func(i int) []byte { return [][]byte{own[:3], nil}[min(i, 1)] }, []string{"filled 012", "data 3456789abcdef"}},
		{"later", func(i int) []byte { return [][]byte{nil, own}[min(i, 1)] }, []string{"data 0123456789abcdef"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			var room []byte
			asked, end := 0, false
			r := newRig(t, &script{
				room:   func(*Conn) []byte { room = tt.room(asked); asked++; return room },
				filled: func(_ *Conn, n int) { got = append(got, "filled "+string(room[:n])) },
				data:   func(_ *Conn, b []byte) { got = append(got, "data "+string(b)) },
				ended:  func(*Conn) { end = true },
			})
			_, p := r.connect("unix")
			p.send([]byte("0123456789abcdef"))
			p.CloseWrite()
			r.until("the end", func() bool { return end })
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Once Room or Hold has ended the connection, nothing is read for it.
func TestEndedWhileAskedForRoom(t *testing.T) {
	ends := map[string]func(c *Conn){
		"Abort":  (*Conn).Abort,
		"Finish": func(c *Conn) { c.Finish(patience, 0) },
	}
	for name, end := range ends {
		for _, hook := range []string{"Room", "Hold"} {
			t.Run(name+" in "+hook, func(t *testing.T) {
				s := &script{data: func(*Conn, []byte) { t.Error("data came") }}
				if hook == "Room" {
					s.room = func(c *Conn) []byte { end(c); return nil }
				} else {
					s.hold = func(c *Conn, _ int) bool { end(c); return false }
				}
				r := newRig(t, s)
				c, p := r.connect("unix")
				if hook == "Hold" {
					c.fillSocket()
				}
				p.send([]byte("x"))
				r.tick()
				r.tick()
				if !c.Gone() && !c.Finishing() {
					t.Error("it goes on")
				}
			})
		}
	}
}

// What Data brings is the user's only until it returns.
func TestDataIsPoisonedAfterwards(t *testing.T) {
	var kept []byte
	r := newRig(t, &script{data: func(_ *Conn, b []byte) { kept = b }})
	_, p := r.connect("unix")
	p.send([]byte("abc"))
	r.until("read", func() bool { return kept != nil })
	if !bytes.Equal(kept, bytes.Repeat([]byte{pool.Poison}, 3)) {
		t.Fatalf("kept %q", kept)
	}
}

// A busy connection reads once in a tick, as its neighbours do.
func TestFairness(t *testing.T) {
	r := newRig(t, &script{})
	busy, busyPeer := r.connect("tcp")
	calm, calmPeer := r.connect("tcp")
	busyPeer.send(make([]byte, 4*readSize))
	for i := range 3 {
		calmPeer.send([]byte("x"))
		before := [2]int{r.sys.readsOf(busy.FD()), r.sys.readsOf(calm.FD())}
		r.until("heard", func() bool { return len(r.got[calm]) > i })
		after := [2]int{r.sys.readsOf(busy.FD()), r.sys.readsOf(calm.FD())}
		if after != [2]int{before[0] + 1, before[1] + 1} {
			t.Fatalf("the busy and the calm one have read %v times after %v", after, before)
		}
	}
	if n := len(r.got[busy]); n > 3*readSize {
		t.Fatalf("%d bytes in three ticks", n)
	}
}

// endless is the operating system, but one socket always gives as much as is
// asked for.
type endless struct {
	System
	fd int
}

func (s endless) Read(fd int, b []byte) (int, Errno) {
	if fd == s.fd {
		return len(b), 0
	}
	return s.System.Read(fd, b)
}

// However much a peer sends, and wherever it is read to, its neighbours wait
// for one read of it, which is bounded.
func TestFairnessOfEndlessMessage(t *testing.T) {
	own := make([]byte, 8<<20)
	for _, tt := range []struct {
		name string
		room []byte
		most int
	}{
		{"to the shared buffer", nil, readSize},
		{"to a message's own", own, directSize},
		{"to a small one of its own", own[:1000], 1000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var busy *Conn
			got, reads, heard := 0, 0, 0
			count := func(c *Conn, n int) {
				if c == busy {
					got, reads = got+n, reads+1
				} else {
					heard += n
				}
			}
			r := newRig(t, &script{
				room: func(c *Conn) []byte {
					if c == busy {
						return tt.room
					}
					return nil
				},
				filled: count,
				data:   func(c *Conn, b []byte) { count(c, len(b)) },
			})
			var p *peer
			busy, p = r.connect("unix")
			p.send([]byte("x")) // readable for ever
			var calm []*peer
			for range 3 {
				_, p := r.connect("unix")
				calm = append(calm, p)
			}
			r.Loop.sys = endless{r.sys, busy.FD()}
			for i := range 10 {
				for _, p := range calm {
					p.send([]byte("y"))
				}
				got, reads = 0, 0
				r.tick()
				if heard != (i+1)*len(calm) {
					t.Fatalf("after %d ticks %d bytes of the neighbours are heard", i+1, heard)
				}
				if reads != 1 || got == 0 || got > tt.most {
					t.Fatalf("%d bytes of the busy one in %d reads, want at most %d in one", got, reads, tt.most)
				}
			}
		})
	}
}

// A connection that is held is not read from, until it takes bytes again.
func TestHold(t *testing.T) {
	for _, until := range []string{"less is unsent", "all is sent", "it finishes"} {
		t.Run(until, func(t *testing.T) {
			onEachNetwork(t, func(t *testing.T, network string) {
				limit := 0
				r := newRig(t, &script{hold: func(_ *Conn, unsent int) bool { return unsent > limit }})
				c, p := r.connect(network)
				all := c.fillSocket()
				more := make([]byte, 1<<20)
				c.send(more)
				r.sys.maxWrite.Store(64 << 10) // so that it goes out in steps
				if until == "less is unsent" {
					limit = len(more) / 2
				}
				p.send([]byte("held"))
				r.until("held", func() bool { return c.has(paused) })
				p.send([]byte("back"))
				r.tick()
				r.tick()
				if n := r.sys.readsOf(c.FD()); n != 0 {
					t.Fatalf("read %d times while held", n)
				}
				if until == "it finishes" {
					c.Finish(patience, 0)
					r.until("discarded", func() bool { return c.out.discarded == len("heldback") })
					return
				}
				read := p.expectMeanwhile(append(all, more...))
				r.until("heard", func() bool { return len(r.got[c]) > 0 })
				if limit > 0 && c.Buffered() == 0 {
					t.Error("read on only when all was sent")
				}
				r.until("sent", func() bool { return !c.Blocked() })
				check(t, read)
				if got := string(r.got[c]); got != "heldback" {
					t.Errorf("heard %q", got)
				}
			})
		})
	}
}

// That a held connection takes bytes shows that its peer is there.
func TestSilent(t *testing.T) {
	r := newRig(t, &script{})
	r.hold = func(*Conn, int) bool { return true }
	c, p := r.connect("unix")
	r.sys.forward(time.Minute)
	r.tick()
	if s := c.Silent(); s < time.Minute || s > time.Minute+patience {
		t.Fatalf("silent for %v after a minute", s)
	}
	p.send([]byte("x"))
	r.until("heard", func() bool { return len(r.got[c]) > 0 })
	if s := c.Silent(); s != 0 {
		t.Fatalf("silent for %v after a byte", s)
	}
	all := c.fillSocket()
	all = all[:len(all)-c.Buffered()] // what the socket has taken
	c.send(make([]byte, 1<<20))
	p.send([]byte("y"))
	r.until("held", func() bool { return c.has(paused) })
	r.sys.forward(time.Minute)
	r.tick()
	p.expect(all)
	r.until("sent more", func() bool { return c.Silent() < time.Minute })
}

// An error of reading ends the connection, if it is one.
func TestReadErrors(t *testing.T) {
	tests := []struct {
		e    Errno
		ends bool
	}{
		{syscall.EAGAIN, false}, {syscall.EINTR, false},
		{syscall.ECONNRESET, true}, {syscall.ETIMEDOUT, true}, {syscall.EIO, true},
	}
	for _, tt := range tests {
		for _, finishing := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v finishing %v", tt.e, finishing), func(t *testing.T) {
				r := newRig(t, &script{})
				c, p := r.connect("unix")
				if finishing {
					c.Finish(patience, 0)
				}
				r.sys.fail(fault{callRead, 0, 1, tt.e})
				p.send([]byte("x"))
				if tt.ends {
					r.untilClosed(c, tt.e)
					return
				}
				r.until("read", func() bool { return r.sys.count(callRead) == 2 })
				if c.Gone() {
					t.Error("it has ended")
				}
			})
		}
	}
}

func TestPeerResets(t *testing.T) {
	r := newRig(t, &script{})
	c, p := r.connect("tcp")
	p.reset()
	r.untilClosed(c, syscall.ECONNRESET)
}

// A peer that has ended its stream is not read from, but may still read; if it
// goes away altogether the connection ends, and does not keep the loop busy.
func TestEndedThenGone(t *testing.T) {
	tests := []struct {
		network string
		gone    func(p *peer)
	}{
		{"tcp", (*peer).reset},
		{"unix", func(p *peer) { p.Close() }},
	}
	for _, tt := range tests {
		for _, full := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s full %v", tt.network, full), func(t *testing.T) {
				ended := 0
				r := newRig(t, &script{ended: func(*Conn) { ended++ }})
				c, p := r.connect(tt.network)
				p.CloseWrite()
				r.until("ended", func() bool { return ended == 1 })
				c.send([]byte("still read"))
				p.expect([]byte("still read"))
				r.tick()
				if full {
					c.fillSocket()
				}
				if c.Gone() || r.sys.readsOf(c.FD()) != 1 {
					t.Fatalf("gone: %v, read %d times", c.Gone(), r.sys.readsOf(c.FD()))
				}
				tt.gone(p)
				r.untilClosed(c, syscall.EPIPE)
				if ended != 1 {
					t.Errorf("ended %d times", ended)
				}
			})
		}
	}
}

// What yields when it is asked for room is read in its turn, whether its event
// comes alone or among others.
func TestYieldsWhileAskedForRoom(t *testing.T) {
	for _, conns := range []int{1, 3} {
		hadTurn, heard := map[*Conn]bool{}, 0
		r := newRig(t, &script{
			room: func(c *Conn) []byte {
				if !hadTurn[c] {
					c.Yield()
				}
				return nil
			},
			turn: func(c *Conn) bool { hadTurn[c] = true; return false },
			data: func(c *Conn, b []byte) {
				if heard++; !hadTurn[c] {
					t.Errorf("%d connections: read %q before its turn", conns, b)
				}
			},
		})
		var peers []*peer
		for range conns {
			_, p := r.connect("unix")
			peers = append(peers, p)
		}
		for _, p := range peers {
			p.send([]byte("x"))
		}
		r.until("all to be heard", func() bool { return heard == conns })
	}
}
