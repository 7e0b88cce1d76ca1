package sim

import (
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// System is a simulated operating system. It implements loop.System, and is
// what simulated clients use as well.
type System struct {
	Rand *rand.Rand

	// Faults is the chance, out of 1,000, that a call on a connected socket
	// resets it. Calls that would block and that are interrupted come anyway.
	Faults int

	// Descriptors is the limit of descriptors, those of clients not counted;
	// 0: none.
	Descriptors int

	now     int64
	files   map[int]any // *socket, *listener or spare
	clients int         // how many of them are clients' sockets
}

type spare struct{}

// New makes a system whose behaviour follows from seed.
func New(seed uint64) *System {
	return &System{Rand: rand.New(rand.NewPCG(seed, 0)), files: map[int]any{}}
}

// Now gives the virtual time.
func (s *System) Now() int64 { return s.now }

// Advance moves the virtual time.
func (s *System) Advance(d time.Duration) { s.now += int64(d) }

// Open gives the number of open descriptors.
func (s *System) Open() int { return len(s.files) }

// chance is true in n of 1,000 cases.
func (s *System) chance(n int) bool { return s.Rand.IntN(1000) < n }

// some gives a number from 1 to n, often n.
func (s *System) some(n int) int {
	if n <= 1 || s.chance(500) {
		return n
	}
	return 1 + s.Rand.IntN(n)
}

// install gives f the lowest free descriptor, as real systems do, so that
// descriptors are reused as early as they can be.
func (s *System) install(f any) (int, loop.Errno) {
	if s.Descriptors > 0 && len(s.files)-s.clients >= s.Descriptors {
		return -1, syscall.EMFILE
	}
	return s.put(f), 0
}

func (s *System) put(f any) int {
	fd := 3
	for s.files[fd] != nil {
		fd++
	}
	s.files[fd] = f
	return fd
}

// Spare opens a descriptor of no other use.
func (s *System) Spare() (int, loop.Errno) { return s.install(spare{}) }

// Close frees a descriptor.
func (s *System) Close(fd int) loop.Errno {
	f, ok := s.files[fd]
	if !ok {
		return syscall.EBADF
	}
	delete(s.files, fd)
	switch f := f.(type) {
	case *socket:
		if f.client {
			s.clients--
		}
		f.close(s.chance(500))
	case *listener:
		for _, k := range f.queue { // nobody will accept them
			k.peer.kill(true)
		}
	}
	return 0
}

// NewPoller makes a poller.
func (s *System) NewPoller() (loop.Poller, error) {
	return &poller{system: s, watched: map[any]*watch{}}, nil
}

// poller reports what is ready in any order, and some of it later.
type poller struct {
	system  *System
	watched map[any]*watch // by file, as registrations die with the file
	order   []*watch
}

type watch struct {
	file   any
	handle loop.Handle
	want   loop.Interest
}

func (p *poller) Add(fd int, h loop.Handle, want loop.Interest) loop.Errno {
	f := p.system.files[fd]
	switch {
	case f == nil:
		return syscall.EBADF
	case p.watched[f] != nil:
		return syscall.EEXIST
	}
	w := &watch{f, h, want}
	p.watched[f] = w
	p.order = append(p.order, w)
	return 0
}

func (p *poller) Modify(fd int, h loop.Handle, want loop.Interest) loop.Errno {
	w := p.watched[p.system.files[fd]]
	if w == nil {
		return syscall.ENOENT
	}
	w.handle, w.want = h, want
	return 0
}

func (p *poller) Remove(fd int) loop.Errno {
	w := p.watched[p.system.files[fd]]
	if w == nil {
		return syscall.ENOENT
	}
	p.forget(w)
	return 0
}

func (p *poller) forget(w *watch) {
	delete(p.watched, w.file)
	p.order = slices.DeleteFunc(p.order, func(o *watch) bool { return o == w })
}

// Wait never waits: time passes only by [System.Advance].
func (p *poller) Wait(events []loop.Event, _ int64) (int, error) {
	for _, w := range slices.Clone(p.order) {
		if k, ok := w.file.(*socket); ok && k.closed {
			p.forget(w)
		}
	}
	order := slices.Clone(p.order)
	p.system.Rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	n := 0
	for _, w := range order {
		ready := w.file.(interface{ ready() loop.Interest }).ready()
		if ready &= w.want | hangup(w.file); ready != 0 && n < len(events) && !p.system.chance(250) {
			events[n] = loop.Event{Handle: w.handle, Ready: ready}
			n++
		}
	}
	return n, nil
}

// hangup is what is reported even without interest.
func hangup(file any) loop.Interest {
	if k, ok := file.(*socket); ok && (k.reset || k.ended && k.finished) {
		return loop.Readable | loop.Writable
	}
	return 0
}

func (p *poller) Wake()        {}
func (p *poller) Close() error { return nil }
