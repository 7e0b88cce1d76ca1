package sim

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// System is a simulated operating system. It implements loop.System, and is
// what simulated clients use as well.
type System struct {
	Rand *rand.Rand

	// Harm is the chance, out of 1,000, that a call of the server for one
	// connection fails in a way that may end it, and Starvation that accepting
	// fails. Harmless faults come anyway, unless the system is Calm.
	Harm, Starvation int
	Calm             bool

	// Descriptors is the limit of descriptors, those of clients not counted;
	// 0: none.
	Descriptors int

	// Faults counts what was injected, by kind.
	Faults [NumFaults]int

	// What happened so far: Progress counts whatever moved anything,
	// and Served is how many connections the server has now.
	Progress, Accepts, Served, BytesRead, BytesWritten int

	// Misuse is the first call with a descriptor that was not the caller's.
	Misuse string

	now     int64
	trace   uint64
	files   []any // by descriptor: *socket, *listener or spare
	open    int
	clients int // how many of them are clients' sockets
	pollers []*poller
}

type spare struct{}

// New makes a system whose behaviour follows from seed.
func New(seed uint64) *System {
	return &System{Rand: rand.New(rand.NewPCG(seed, 0)), files: make([]any, 3)}
}

// Now gives the virtual time. It never goes back, as no monotonic clock does.
func (s *System) Now() int64 { return s.now }

// Advance moves the virtual time.
func (s *System) Advance(d time.Duration) { s.now += int64(d) }

// Jump moves the virtual time as a suspension of the server's process does. It
// is to cost no connection, though deadlines pass meanwhile.
func (s *System) Jump(d time.Duration) {
	s.Faults[ClockJump]++
	s.Advance(d)
	for _, f := range s.files {
		switch f := f.(type) {
		case *socket:
			f.link.jump(s.now)
		case *listener:
			for _, k := range f.queue {
				k.link.jump(s.now)
			}
		}
	}
}

// Open gives the number of open descriptors.
func (s *System) Open() int { return s.open }

// Trace is a hash of all that was asked of the system, and of the answers: two
// runs of one seed have the same.
func (s *System) Trace() uint64 { return s.trace }

func (s *System) note(what, fd, n int, e loop.Errno) {
	const prime = 1099511628211
	for _, v := range [...]uint64{uint64(what), uint64(fd), uint64(n), uint64(e), uint64(s.now)} {
		s.trace = (s.trace ^ v) * prime
	}
}

// misuse notes a call with a wrong descriptor.
func (s *System) misuse(what string, fd int) loop.Errno {
	if s.Misuse == "" {
		s.Misuse = fmt.Sprintf("%s of descriptor %d, which is %T", what, fd, s.file(fd))
	}
	return syscall.EBADF
}

// chance is true in n of 1,000 cases.
func (s *System) chance(n int) bool { return s.Rand.IntN(1000) < n }

// Some gives a number from 1 to n, often n.
func (s *System) Some(n int) int {
	if n <= 1 || s.chance(500) {
		return n
	}
	return 1 + s.Rand.IntN(n)
}

func (s *System) file(fd int) any {
	if fd < 0 || fd >= len(s.files) {
		return nil
	}
	return s.files[fd]
}

// install gives f a descriptor, if there is one left.
func (s *System) install(f any) (int, loop.Errno) {
	if s.Descriptors > 0 && s.open-s.clients >= s.Descriptors {
		s.Faults[AcceptEMFILE]++
		return -1, syscall.EMFILE
	}
	return s.put(f), 0
}

// put gives f the lowest free descriptor, as real systems do, so that
// descriptors are reused as early as they can be.
func (s *System) put(f any) int {
	fd := 3
	for fd < len(s.files) && s.files[fd] != nil {
		fd++
	}
	if fd == len(s.files) {
		s.files = append(s.files, nil)
	}
	s.files[fd] = f
	s.open++
	return fd
}

// Spare opens a descriptor of no other use.
func (s *System) Spare() (int, loop.Errno) {
	fd, e := -1, s.inject(openSpare)
	if e == 0 {
		fd, e = s.install(spare{})
	}
	s.note(5, fd, 0, e)
	return fd, e
}

// Close frees a descriptor, even if it fails.
func (s *System) Close(fd int) (e loop.Errno) {
	f := s.file(fd)
	if f == nil {
		return s.misuse("close", fd)
	}
	s.files[fd] = nil
	s.open--
	s.Progress++
	switch f := f.(type) {
	case *socket:
		if f.client {
			s.clients--
		} else {
			f.link.Closed = true
			s.Served--
			e = s.inject(closing)
		}
		f.close(s.chance(500))
		f.watch.end()
	case *listener:
		for _, k := range f.queue { // nobody will accept them
			k.peer.kill(true)
		}
		f.queue = nil
		f.watch.end()
	}
	s.note(6, fd, 0, e)
	return e
}
