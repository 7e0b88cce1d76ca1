package sim

import (
	"syscall"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// socket is one end of a connection.
type socket struct {
	peer     *socket
	in       []byte // arrived, not read yet
	capacity int    // of in
	ended    bool   // the peer has ended its stream, behind in
	finished bool   // this end has ended its own
	reset    bool   // the connection was reset
	closed   bool
	client   bool // a simulated client's, which is another process
}

// listener is a listening socket.
type listener struct{ queue []*socket }

func (l *listener) ready() loop.Interest {
	if len(l.queue) > 0 {
		return loop.Readable
	}
	return 0
}

func (k *socket) ready() (r loop.Interest) {
	if len(k.in) > 0 || k.ended || k.reset {
		r |= loop.Readable
	}
	if k.reset || k.finished || len(k.peer.in) < k.peer.capacity {
		r |= loop.Writable
	}
	return r
}

// close ends both directions. With bytes unread the peer is reset, and may
// lose what had reached it.
func (k *socket) close(harsh bool) {
	k.closed = true
	if len(k.in) > 0 {
		k.peer.kill(harsh)
		return
	}
	k.peer.ended = true
}

func (k *socket) kill(harsh bool) {
	k.reset = true
	if harsh {
		k.in = nil
	}
}

// Listen opens a listening socket.
func (s *System) Listen() int {
	fd, _ := s.install(&listener{})
	return fd
}

// Connect opens a connection to a listening socket, and gives the client's
// end. The capacities of the two directions are random.
func (s *System) Connect(listening int) int {
	l := s.files[listening].(*listener)
	client := &socket{capacity: 256 + s.Rand.IntN(64<<10), client: true}
	server := &socket{capacity: 256 + s.Rand.IntN(64<<10), peer: client}
	client.peer = server
	l.queue = append(l.queue, server)
	s.clients++
	return s.put(client)
}

// Accept takes a connection.
func (s *System) Accept(fd int) (int, loop.Errno) {
	l, ok := s.files[fd].(*listener)
	switch {
	case !ok:
		return -1, syscall.EBADF
	case len(l.queue) == 0:
		return -1, syscall.EAGAIN
	case s.chance(50):
		return -1, syscall.EINTR
	}
	conn, e := s.install(l.queue[0])
	if e == 0 {
		l.queue = l.queue[1:]
	}
	return conn, e
}

// begin is common to reading and writing.
func (s *System) begin(fd int) (*socket, loop.Errno) {
	k, ok := s.files[fd].(*socket)
	switch {
	case !ok:
		return nil, syscall.EBADF
	case s.chance(30):
		return nil, syscall.EINTR
	case s.chance(30):
		return nil, syscall.EAGAIN
	case s.Faults > 0 && s.chance(s.Faults):
		k.kill(true)
		k.peer.kill(true)
	}
	return k, 0
}

// Read reads some of what there is.
func (s *System) Read(fd int, b []byte) (int, loop.Errno) {
	k, e := s.begin(fd)
	switch {
	case e != 0:
		return -1, e
	case len(k.in) > 0:
		n := copy(b[:s.some(len(b))], k.in)
		k.in = k.in[n:]
		return n, 0
	case k.reset:
		return -1, syscall.ECONNRESET
	case k.ended:
		return 0, 0
	}
	return -1, syscall.EAGAIN
}

// Write writes some of b.
func (s *System) Write(fd int, b []byte) (int, loop.Errno) { return s.Writev(fd, b, nil) }

// Writev writes some of head and tail.
func (s *System) Writev(fd int, head, tail []byte) (int, loop.Errno) {
	k, e := s.begin(fd)
	switch {
	case e != 0:
		return -1, e
	case k.finished || k.reset:
		return -1, syscall.EPIPE
	case k.peer.closed:
		k.kill(false)
		return len(head) + len(tail), 0 // taken, answered by a reset
	case len(k.peer.in) >= k.peer.capacity:
		return -1, syscall.EAGAIN
	}
	n := s.some(min(len(head)+len(tail), k.peer.capacity-len(k.peer.in)))
	fromHead := min(n, len(head))
	k.peer.in = append(append(k.peer.in, head[:fromHead]...), tail[:n-fromHead]...)
	return n, 0
}

// CloseWrite ends the stream to the peer.
func (s *System) CloseWrite(fd int) loop.Errno {
	k, ok := s.files[fd].(*socket)
	switch {
	case !ok:
		return syscall.EBADF
	case k.reset:
		return syscall.ENOTCONN
	}
	k.finished, k.peer.ended = true, true
	return 0
}

// WasReset tells that a connection failed, on whichever side.
func (s *System) WasReset(fd int) bool {
	k, ok := s.files[fd].(*socket)
	return ok && (k.reset || k.peer.reset)
}
