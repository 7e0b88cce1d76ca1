//go:build unix

package loop

import (
	"sync"
	"sync/atomic"
	"time"
)

// call is a call of a System or its poller.
type call int

const (
	callAccept call = iota
	callRead
	callWrite
	callWritev
	callCloseWrite
	callClose
	callSpare
	callAdd
	callModify
	calls
)

// fault makes calls fail: after skip of them, so many times, with e.
type fault struct {
	call  call
	skip  int
	times int
	e     Errno
}

// faulty is the operating system, but it counts what it is asked for, and has
// the faults that a test gives it. Its clock can be stopped and set forward.
type faulty struct {
	System
	skew     atomic.Int64
	frozen   atomic.Int64 // what the clock reads, if it is stopped
	maxWrite atomic.Int64 // bytes that a Write takes, if not 0

	mu     sync.Mutex
	counts [calls]int
	reads  map[int]int // by descriptor
	faults []fault
	closed []int
}

func newFaulty() *faulty { return &faulty{System: OS, reads: map[int]int{}} }

func (s *faulty) fail(f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

func (s *faulty) count(c call) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[c]
}

func (s *faulty) readsOf(fd int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads[fd]
}

// freeze stops the clock.
func (s *faulty) freeze() { s.frozen.Store(s.Now()) }

// forward sets the clock forward.
func (s *faulty) forward(d time.Duration) {
	if s.frozen.Load() != 0 {
		s.frozen.Add(int64(d))
	} else {
		s.skew.Add(int64(d))
	}
}

// enter counts a call, and gives the error it is to fail with.
func (s *faulty) enter(c call) Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[c]++
	for i := range s.faults {
		f := &s.faults[i]
		switch {
		case f.call != c || f.times == 0:
		case f.skip > 0:
			f.skip--
		default:
			f.times--
			return f.e
		}
	}
	return 0
}

func (s *faulty) Now() int64 {
	if now := s.frozen.Load(); now != 0 {
		return now
	}
	return s.System.Now() + s.skew.Load()
}

func (s *faulty) Accept(fd int) (int, Errno) {
	if e := s.enter(callAccept); e != 0 {
		return -1, e
	}
	return s.System.Accept(fd)
}

func (s *faulty) Read(fd int, b []byte) (int, Errno) {
	if e := s.enter(callRead); e != 0 {
		return -1, e
	}
	s.mu.Lock()
	s.reads[fd]++
	s.mu.Unlock()
	return s.System.Read(fd, b)
}

func (s *faulty) Write(fd int, b []byte) (int, Errno) {
	if e := s.enter(callWrite); e != 0 {
		return -1, e
	}
	if limit := int(s.maxWrite.Load()); limit > 0 {
		b = b[:min(len(b), limit)]
	}
	return s.System.Write(fd, b)
}

func (s *faulty) Writev(fd int, head, tail []byte) (int, Errno) {
	if e := s.enter(callWritev); e != 0 {
		return -1, e
	}
	return s.System.Writev(fd, head, tail)
}

func (s *faulty) CloseWrite(fd int) Errno {
	if e := s.enter(callCloseWrite); e != 0 {
		return e
	}
	return s.System.CloseWrite(fd)
}

// Close always closes, as close(2) does on Linux even if it fails.
func (s *faulty) Close(fd int) Errno {
	e := s.enter(callClose)
	s.mu.Lock()
	s.closed = append(s.closed, fd)
	s.mu.Unlock()
	return max(e, s.System.Close(fd))
}

func (s *faulty) Spare() (int, Errno) {
	if e := s.enter(callSpare); e != 0 {
		return -1, e
	}
	return s.System.Spare()
}

func (s *faulty) NewPoller() (Poller, error) {
	p, err := s.System.NewPoller()
	return &faultyPoller{p, s}, err
}

// faultyPoller is the poller of a faulty system.
type faultyPoller struct {
	Poller
	system *faulty
}

func (p *faultyPoller) Add(fd int, h Handle, want Interest) Errno {
	if e := p.system.enter(callAdd); e != 0 {
		return e
	}
	return p.Poller.Add(fd, h, want)
}

func (p *faultyPoller) Modify(fd int, h Handle, want Interest) Errno {
	if e := p.system.enter(callModify); e != 0 {
		return e
	}
	return p.Poller.Modify(fd, h, want)
}

// Wait waits as long as the faulty clock demands, as if it went on from now.
func (p *faultyPoller) Wait(events []Event, deadline int64) (int, error) {
	if deadline > 0 {
		deadline = max(p.system.System.Now()+deadline-p.system.Now(), 0)
	}
	return p.Poller.Wait(events, deadline)
}
