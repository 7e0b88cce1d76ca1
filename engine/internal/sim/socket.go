package sim

import (
	"net/netip"
	"syscall"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// Link is what the system knows of a connection, of both its ends together.
type Link struct {
	Client   int // the number given to [System.Connect]
	Addr     netip.Addr
	Harmed   bool  // a fault was injected that may end it
	Reset    bool  // by whoever
	Jumped   int64 // when the clock jumped last, while it was open
	Accepted bool  // by the server
	Closed   bool  // by the server

	// What the server has done with it: in bytes, but for Reads, and when.
	Reads, Read, LastSize, Written  int
	AcceptedAt, LastRead, LastWrite int64
}

func (l *Link) jump(now int64) { l.Jumped = now }

// socket is one end of a connection.
type socket struct {
	link     *Link
	watch    *watch
	peer     *socket
	in       []byte // arrived, not read yet: from first
	first    int
	capacity int  // of in
	ended    bool // the peer has ended its stream, behind in
	finished bool // this end has ended its own
	reset    bool // the connection was reset
	closed   bool
	client   bool // a simulated client's, which is another process
}

func (k *socket) unread() int { return len(k.in) - k.first }

func (k *socket) ready() (r loop.Interest) {
	if k.unread() > 0 || k.ended || k.reset {
		r |= loop.Readable
	}
	if k.reset || k.finished || k.peer.unread() < k.peer.capacity {
		r |= loop.Writable
	}
	return r
}

// hungUp tells what is reported even without interest.
func (k *socket) hungUp() bool { return k.reset || k.ended && k.finished }

// take moves bytes out.
func (k *socket) take(b []byte) int {
	n := copy(b, k.in[k.first:])
	if k.first += n; k.first == len(k.in) {
		k.in, k.first = k.in[:0], 0
	}
	return n
}

// put moves bytes in.
func (k *socket) put(b []byte) {
	if k.first > 0 && len(k.in)+len(b) > cap(k.in) {
		k.in, k.first = k.in[:copy(k.in, k.in[k.first:])], 0
	}
	k.in = append(k.in, b...)
}

// close ends both directions. With bytes unread the peer is reset, and may
// lose what had reached it.
func (k *socket) close(harsh bool) {
	k.closed = true
	if k.unread() > 0 {
		k.peer.kill(harsh)
		return
	}
	k.peer.ended = true
}

func (k *socket) kill(harsh bool) {
	k.reset, k.link.Reset = true, true
	if harsh {
		k.in, k.first = nil, 0
	}
}

// harm notes that a fault hit the connection, and carries it out.
func (k *socket) harm(e loop.Errno) {
	k.link.Harmed = true
	if fatal(e) {
		k.kill(true)
		k.peer.kill(true)
	}
}

// listener is a listening socket.
type listener struct {
	queue []*socket
	watch *watch
}

func (l *listener) ready() loop.Interest {
	if len(l.queue) > 0 {
		return loop.Readable
	}
	return 0
}

func (l *listener) hungUp() bool { return false }

// Listen opens a listening socket.
func (s *System) Listen() int { return s.put(&listener{}) }

// Waiting gives the number of connections that are not accepted yet.
func (s *System) Waiting(listening int) int {
	if l, ok := s.file(listening).(*listener); ok {
		return len(l.queue)
	}
	return 0
}

// Connect opens a connection to a listening socket, and gives the client's
// end. The capacities of the two directions are random.
func (s *System) Connect(listening, number int, from netip.Addr) (int, *Link) {
	l := s.file(listening).(*listener)
	link := &Link{Client: number, Addr: from}
	client := &socket{link: link, capacity: 256 + s.Rand.IntN(64<<10), client: true}
	server := &socket{link: link, capacity: 256 + s.Rand.IntN(64<<10), peer: client}
	client.peer = server
	l.queue = append(l.queue, server)
	s.clients++
	s.Progress++
	return s.put(client), link
}

// Accept takes a connection.
func (s *System) Accept(fd int) (int, loop.Errno) {
	l, ok := s.file(fd).(*listener)
	if !ok {
		return -1, s.misuse("accept", fd)
	}
	if len(l.queue) == 0 {
		return -1, syscall.EAGAIN
	}
	conn, e := -1, s.inject(accept)
	switch e {
	case 0:
		conn, e = s.install(l.queue[0])
	case syscall.ECONNABORTED, syscall.EPROTO:
		l.queue[0].harm(syscall.ECONNRESET)
	}
	if e == 0 {
		s.Accepts++
		s.Served++
		link := l.queue[0].link
		link.Accepted, link.AcceptedAt, link.LastRead, link.LastWrite = true, s.now, s.now, s.now
	}
	if e == 0 || e == syscall.ECONNABORTED || e == syscall.EPROTO {
		l.queue = l.queue[1:]
		s.Progress++
	}
	s.note(1, fd, conn, e)
	return conn, e
}

// RemoteIP gives the address that a client has connected from.
func (s *System) RemoteIP(fd int) (netip.Addr, bool) {
	if k, ok := s.file(fd).(*socket); ok {
		return k.link.Addr, true
	}
	return netip.Addr{}, false
}

// Link gives what is known of the connection with this descriptor, or nil.
func (s *System) Link(fd int) *Link {
	if k, ok := s.file(fd).(*socket); ok {
		return k.link
	}
	return nil
}
