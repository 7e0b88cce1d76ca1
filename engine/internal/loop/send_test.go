//go:build linux || darwin || freebsd

package loop

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"

	"github.com/sockeye-ws/sockeye/pool"
)

// What is sent while bytes are handled leaves together.
func TestSendsAreCoalesced(t *testing.T) {
	tests := []struct {
		name          string
		pieces, size  int
		writes, whole int // calls of Write and of Writev
	}{
		{"nothing", 0, 0, 0, 0},
		{"one", 1, 100, 1, 0},
		{"ten", 10, 100, 1, 0},
		{"up to the limit", 2, flushSize/2 - 1, 1, 0},
		{"over the limit", 3, flushSize / 2, 1, 1},
		{"large", 1, flushSize, 1, 0},
		{"large after small", 5, flushSize * 2 / 5, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			piece := bytes.Repeat([]byte("p"), tt.size)
			r := newRig(t, &script{data: func(c *Conn, _ []byte) {
				for range tt.pieces {
					c.send(piece)
				}
			}})
			c, p := r.connect("tcp")
			p.send([]byte("go"))
			r.until("read", func() bool { return r.sys.readsOf(c.FD()) > 0 })
			writes, whole := r.sys.count(callWrite), r.sys.count(callWritev)
			if writes != tt.writes || whole != tt.whole {
				t.Errorf("%d calls of Write, %d of Writev, want %d and %d", writes, whole, tt.writes, tt.whole)
			}
			p.expect(bytes.Repeat(piece, tt.pieces))
			if c.out != nil || c.has(corked) {
				t.Error("it keeps a queue, or stays corked")
			}
		})
	}
}

// Otherwise what is sent leaves at once, from any goroutine.
func TestSendsAtOnce(t *testing.T) {
	r := newRig(t, &script{})
	c, p := r.connect("tcp")
	lent := pool.Lent()
	for i := range 3 {
		c.send([]byte("at once"))
		p.expect([]byte("at once"))
		if n := r.sys.count(callWrite); n != i+1 {
			t.Fatalf("%d writes for %d sends", n, i+1)
		}
	}
	c.Lock()
	c.CommitLocked(append(c.RoomLocked(6), "header"...), []byte("tail"))
	c.Unlock()
	p.expect([]byte("headertail"))
	if r.sys.count(callWritev) != 1 || c.out != nil || pool.Lent() != lent {
		t.Fatalf("%d calls of Writev, %d buffers held", r.sys.count(callWritev), pool.Lent()-lent)
	}
}

// Whatever the socket takes at a time, and however sends are made, all bytes
// arrive in order.
func TestSendsArriveInOrder(t *testing.T) {
	for _, maxWrite := range []int64{0, 1, 1000, 70_000} {
		for _, corked := range []bool{false, true} {
			t.Run(fmt.Sprintf("writing %d corked %v", maxWrite, corked), func(t *testing.T) {
				onEachNetwork(t, func(t *testing.T, network string) { testOrder(t, network, maxWrite, corked) })
			})
		}
	}
}

func testOrder(t *testing.T, network string, maxWrite int64, corked bool) {
	s := &sender{rnd: rand.New(rand.NewPCG(uint64(maxWrite), 8)), left: noise}
	if maxWrite == 1 {
		s.left = noise[:3000]
	}
	want := s.left
	var hooks script
	if corked {
		hooks.data = func(c *Conn, _ []byte) { s.some(c) }
	}
	r := newRig(t, &hooks)
	r.sys.maxWrite.Store(maxWrite)
	for i := range 20 {
		r.sys.fail(fault{callWrite, 7 * i, 1, syscall.EINTR})
		r.sys.fail(fault{callWrite, 11 * i, 1, syscall.EAGAIN})
		r.sys.fail(fault{callWritev, 5 * i, 1, syscall.EAGAIN})
	}
	c, p := r.connect(network)
	r.start()
	var others sync.WaitGroup
	if !corked {
		others.Go(func() {
			for len(s.left) > 0 {
				s.some(c)
			}
		})
	}
	p.askFor(want)
	others.Wait()
}

// sender sends what is left in pieces of all sizes, in each way there is.
type sender struct {
	rnd  *rand.Rand
	left []byte
}

func (s *sender) some(c *Conn) {
	for range 5 {
		head, tail := s.piece(), s.piece()
		c.Lock()
		switch s.rnd.IntN(3) {
		case 0:
			c.SendLocked(head)
			c.SendLocked(tail)
		case 1:
			c.CommitLocked(append(c.RoomLocked(len(head)), head...), nil)
			c.SendLocked(tail)
		case 2:
			c.CommitLocked(append(c.RoomLocked(len(head)), head...), tail)
		}
		c.Unlock()
	}
}

func (s *sender) piece() []byte {
	n := min(len(s.left), 1+s.rnd.IntN(1<<s.rnd.IntN(17)))
	piece := s.left[:n]
	s.left = s.left[n:]
	return piece
}

// askFor reads want, asking for more each time.
func (p *peer) askFor(want []byte) {
	p.t.Helper()
	b := make([]byte, 64<<10)
	for len(want) > 0 {
		p.send([]byte("?"))
		n, err := p.Read(b)
		if err != nil {
			p.t.Fatalf("the peer read until %v, %d bytes before the end", err, len(want))
		}
		if !bytes.HasPrefix(want, b[:n]) {
			p.t.Fatalf("the peer read other bytes, %d before the end", len(want))
		}
		want = want[n:]
	}
}

// Messages that many goroutines send on one connection arrive whole, and each
// goroutine's in order.
func TestSendsFromManyGoroutines(t *testing.T) {
	const senders, messages, size = 8, 300, 1000
	r := newRig(t, &script{})
	c, p := r.connect("tcp")
	r.start()
	var others sync.WaitGroup
	for i := range senders {
		others.Go(func() {
			for n := range uint32(messages) {
				m := bytes.Repeat([]byte{byte(i)}, size)
				binary.BigEndian.PutUint32(m[1:], n)
				c.send(m)
			}
		})
	}
	var next [senders]uint32
	for range senders * messages {
		m := make([]byte, size)
		if _, err := io.ReadFull(p, m); err != nil {
			t.Fatal(err)
		}
		from := m[0]
		if n := binary.BigEndian.Uint32(m[1:]); n != next[from] {
			t.Fatalf("message %d of sender %d, want %d", n, from, next[from])
		}
		if rest := m[5:]; !bytes.Equal(rest, bytes.Repeat([]byte{from}, len(rest))) {
			t.Fatal("messages are mixed")
		}
		next[from]++
	}
	others.Wait()
}

func TestFullSocket(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		drained := 0
		r := newRig(t, &script{drained: func(*Conn) { drained++ }})
		c, p := r.connect(network)
		lent := pool.Lent()
		all := c.fillSocket()
		before, unsent := r.sys.count(callWrite), c.Buffered()
		c.send([]byte("tail"))
		if c.Buffered() != unsent+4 || r.sys.count(callWrite) != before {
			t.Fatalf("%d bytes unsent after %d and 4 more; %d writes to a full socket",
				c.Buffered(), unsent, r.sys.count(callWrite)-before)
		}
		read := p.expectMeanwhile(append(all, "tail"...))
		r.until("drained", func() bool { return drained > 0 })
		check(t, read)
		r.tick()
		if drained != 1 || c.Blocked() || c.Buffered() != 0 || c.out != nil || pool.Lent() != lent {
			t.Fatalf("drained %d times; %d bytes unsent, %d buffers held", drained, c.Buffered(), pool.Lent()-lent)
		}
	})
}

// While the socket is full only the latest of what is worthless late waits, and
// it is the last to be sent.
func TestLatest(t *testing.T) {
	tests := []struct {
		name   string
		corked bool // the latest is set while bytes are handled
		then   string
		want   string
	}{
		{"alone", false, "", "new"},
		{"corked", true, "", "new"},
		{"before a send", false, "more", "morenew"},
		{"before a send, corked", true, "more", "morenew"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := func(c *Conn) {
				c.Lock()
				defer c.Unlock()
				c.SetLatestLocked([]byte("older and longer"))
				c.SetLatestLocked([]byte("new"))
				c.SendLocked([]byte(tt.then))
			}
			r := newRig(t, &script{data: func(c *Conn, _ []byte) { set(c) }})
			c, p := r.connect("unix")
			all := c.fillSocket()
			unsent := c.Buffered()
			if tt.corked {
				p.send([]byte("go"))
				r.until("read", func() bool { return r.sys.readsOf(c.FD()) > 0 })
			} else {
				set(c)
			}
			if n := c.Buffered() - unsent; n != len(tt.want) {
				t.Fatalf("%d bytes more are unsent, want %d", n, len(tt.want))
			}
			read := p.expectMeanwhile(append(all, tt.want...))
			r.until("drained", func() bool { return !c.Blocked() })
			check(t, read)
			p.expectNothing()
		})
	}
}

// If the socket is not full it leaves with the rest.
func TestLatestLeavesWithReplies(t *testing.T) {
	for _, reply := range []string{"", "reply"} {
		r := newRig(t, &script{data: func(c *Conn, _ []byte) {
			c.Lock()
			defer c.Unlock()
			c.SetLatestLocked([]byte("pong"))
			c.SendLocked([]byte(reply))
		}})
		c, p := r.connect("unix")
		p.send([]byte("ping"))
		r.until("sent", func() bool { return r.sys.count(callWrite) > 0 })
		p.expect([]byte(reply + "pong"))
		if c.out != nil {
			t.Error("it keeps a queue")
		}
	}
}

// Finish drops it, as nobody waits for a pong any more.
func TestFinishDropsTheLatest(t *testing.T) {
	r := newRig(t, &script{})
	c, p := r.connect("unix")
	all := c.fillSocket()
	c.Lock()
	c.SetLatestLocked([]byte("pong"))
	c.Unlock()
	c.Finish(patience, 0)
	read := p.expectMeanwhile(all)
	r.until("sent", func() bool { return c.Buffered() == 0 })
	check(t, read)
	p.expectEnd()
	p.Close()
	r.untilClosed(c, 0)
}
