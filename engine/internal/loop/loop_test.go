//go:build linux || darwin || freebsd

package loop

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// What is added is visited, until it is closed.
func TestVisit(t *testing.T) {
	r := newRig(t, &script{})
	var want []*Conn
	for range 5 {
		c, _ := r.connect("unix")
		want = append(want, c)
	}
	want[1].Abort()
	want[3].Abort()
	want = slices.Delete(slices.Delete(want, 3, 4), 1, 2)
	for range 2 { // in the same tick and in the next one
		var got []*Conn
		for i := range r.Slots() {
			if c := r.Loop.Conn(i); c != nil {
				got = append(got, c)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("visited %d, want %d", len(got), len(want))
		}
		r.tick()
	}
	if r.Loop.Conn(r.Slots()) != nil || r.Loop.Conn(-1) != nil {
		t.Error("there is something in a slot that was never given out")
	}
}

// A connection that cannot be added takes no slot, and remains the caller's:
// nobody is told of its end.
func TestAddFails(t *testing.T) {
	r := newRig(t, &script{})
	fd, p := pair(t, "unix")
	c := new(Conn)
	r.sys.fail(fault{callAdd, 0, 1, syscall.ENOSPC})
	if e := r.Add(c, fd); e != syscall.ENOSPC {
		t.Fatalf("Add gives %v", e)
	}
	if !c.Gone() || r.Stats.Open.Load() != 0 || r.conns.n != 0 || !isOpen(fd) {
		t.Fatalf("gone: %v, %d open, %d slots taken", c.Gone(), r.Stats.Open.Load(), r.conns.n)
	}
	r.CloseFD(fd)
	p.expectGone()
	if len(r.ends) != 0 {
		t.Error("its end was told")
	}
}

// brokenSystem has a poller that cannot be made, or that fails.
type brokenSystem struct {
	System
	make, wait error
}

func (s brokenSystem) NewPoller() (Poller, error) {
	if s.make != nil {
		return nil, s.make
	}
	p, err := s.System.NewPoller()
	return brokenPoller{p, s.wait}, err
}

type brokenPoller struct {
	Poller
	err error
}

func (p brokenPoller) Wait([]Event, int64) (int, error) { return 0, p.err }

func TestNewFails(t *testing.T) {
	failure := errors.New("no poller")
	if _, err := New(brokenSystem{OS, failure, nil}, new(script)); !errors.Is(err, failure) {
		t.Fatalf("New gives %v", err)
	}
}

// A loop whose poller fails ends, and closes everything.
func TestPollerFails(t *testing.T) {
	failure := errors.New("wait failed")
	s := &script{ends: map[*Conn]Errno{}}
	l, err := New(brokenSystem{OS, nil, failure}, s)
	if err != nil {
		t.Fatal(err)
	}
	fd, p := pair(t, "unix")
	c := new(Conn)
	if e := l.Add(c, fd); e != 0 {
		t.Fatal(e)
	}
	ran := false
	l.Post(func() { ran = true })
	if err := l.Run(); !errors.Is(err, failure) {
		t.Errorf("Run gives %v", err)
	}
	p.expectGone()
	if _, told := s.ends[c]; !told || !ran {
		t.Errorf("its end was told: %v, what was posted ran: %v", told, ran)
	}
}

func TestStats(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		r, _, ln := accepting(t, network, &script{data: func(c *Conn, b []byte) { c.send(b); c.send(b) }})
		for range 3 {
			p := dial(t, ln)
			p.send([]byte("12345"))
		}
		r.until("sent", func() bool { return r.Stats.BytesOut.Load() == 30 })
		if in, accepted, open := r.Stats.BytesIn.Load(), r.Stats.Accepted.Load(), r.Stats.Open.Load(); in != 15 || accepted != 3 || open != 3 {
			t.Errorf("%d bytes in, %d accepted, %d open", in, accepted, open)
		}
	})
}

// Each event of a connection's life comes once, and in order.
func TestOrderOfEvents(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		var order []string
		say := func(what string) { order = append(order, what) }
		s := &script{
			room:     func(*Conn) []byte { say("room"); return nil },
			data:     func(c *Conn, b []byte) { say("data " + string(b)); c.Lock(); c.AttendLocked(); c.Unlock() },
			attended: func(c *Conn) { say("attended"); c.SetTimer(0) },
			timer:    func(*Conn) { say("timer") },
			ended:    func(c *Conn) { say("ended"); c.Finish(patience, 0) },
			closed:   func(*Conn, Errno) { say("closed") },
		}
		r, _, ln := accepting(t, network, s)
		s.accepted = func(fd int) { say("accepted"); r.Add(new(Conn), fd) }
		p := dial(t, ln)
		p.send([]byte("x"))
		r.until("the timer", func() bool { return slices.Contains(order, "timer") })
		p.CloseWrite()
		r.until("the end", func() bool { return len(r.ends) == 1 })
		r.tick()
		want := "accepted, room, data x, attended, timer, room, ended, closed"
		if got := strings.Join(order, ", "); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		p.expectEnd()
	})
}

// No event allocates once a connection is warm.
func TestEchoDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	r := newRig(t, &script{data: func(c *Conn, b []byte) { c.send(b) }})
	_, p := r.connect("tcp")
	b := make([]byte, 125)
	if n := testing.AllocsPerRun(500, func() {
		p.Write(b)
		r.Tick()
		p.Read(b)
	}); n > 0 {
		t.Errorf("%v allocations for each echo", n)
	}
}

func BenchmarkEcho(b *testing.B) {
	for _, size := range []int{125, 16 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size))
			r := newRig(b, &script{data: func(c *Conn, got []byte) { c.send(got) }})
			_, p := r.connect("tcp")
			r.start()
			message := bytes.Repeat([]byte("e"), size)
			answer := make([]byte, size)
			for b.Loop() {
				p.Write(message)
				for n := 0; n < size; {
					m, err := p.Read(answer[n:])
					if err != nil {
						b.Fatal(err)
					}
					n += m
				}
			}
		})
	}
}
