package sim

import (
	"syscall"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// begin is common to reading and writing.
func (s *System) begin(c call, fd int) (*socket, loop.Errno) {
	k, ok := s.file(fd).(*socket)
	switch {
	case !ok:
		return nil, s.misuse("read or write", fd)
	case k.client && s.Calm:
		return k, 0
	case k.client && s.chance(interruption):
		return k, syscall.EAGAIN
	case k.client:
		return k, 0
	}
	e := s.inject(c)
	if mayHarm(e) {
		k.harm(e)
	}
	return k, e
}

// Read reads some of what there is.
func (s *System) Read(fd int, b []byte) (int, loop.Errno) {
	k, e := s.begin(read, fd)
	n := -1
	switch {
	case e != 0:
	case k.unread() > 0:
		n = s.readSome(k, b)
	case k.reset:
		e = syscall.ECONNRESET
	case k.ended:
		n = 0
	default:
		e = syscall.EAGAIN
	}
	s.note(2, fd, n, e)
	return n, e
}

func (s *System) readSome(k *socket, b []byte) int {
	most := min(len(b), k.unread())
	n := k.take(b[:s.Some(most)])
	s.Progress++
	if k.client {
		return n
	}
	if n < most {
		s.Faults[ReadShort]++
	}
	s.BytesRead += n
	k.link.Reads++
	k.link.Read += n
	k.link.LastSize, k.link.LastRead = n, s.now
	return n
}

// Write writes some of b.
func (s *System) Write(fd int, b []byte) (int, loop.Errno) {
	return s.send(write, fd, b, nil)
}

// Writev writes some of head and tail.
func (s *System) Writev(fd int, head, tail []byte) (int, loop.Errno) {
	return s.send(writev, fd, head, tail)
}

func (s *System) send(c call, fd int, head, tail []byte) (int, loop.Errno) {
	k, e := s.begin(c, fd)
	n := -1
	switch {
	case e != 0:
	case k.finished || k.reset:
		e = syscall.EPIPE
	case k.peer.closed:
		k.kill(false)
		n = len(head) + len(tail) // taken, answered by a reset
		s.sent(k, n)
	case k.peer.unread() >= k.peer.capacity:
		e = syscall.EAGAIN
	default:
		n = s.sendSome(c, k, head, tail)
	}
	s.note(3, fd, n, e)
	return n, e
}

func (s *System) sendSome(c call, k *socket, head, tail []byte) int {
	most := min(len(head)+len(tail), k.peer.capacity-k.peer.unread())
	n := s.Some(most)
	fromHead := min(n, len(head))
	k.peer.put(head[:fromHead])
	k.peer.put(tail[:n-fromHead])
	switch {
	case k.client || n == most:
	case c == write:
		s.Faults[WriteShort]++
	default:
		s.Faults[WritevShort]++
	}
	s.sent(k, n)
	return n
}

func (s *System) sent(k *socket, n int) {
	s.Progress++
	if !k.client {
		s.BytesWritten += n
		k.link.Written += n
		k.link.LastWrite = s.now
	}
}

// CloseWrite ends the stream to the peer.
func (s *System) CloseWrite(fd int) (e loop.Errno) {
	k, ok := s.file(fd).(*socket)
	if !ok {
		return s.misuse("shutdown", fd)
	}
	if !k.client {
		e = s.inject(shutdown)
	}
	switch {
	case e != 0:
		k.harm(e)
	case k.reset:
		e = syscall.ENOTCONN
	default:
		k.finished, k.peer.ended = true, true
	}
	s.Progress++
	s.note(4, fd, 0, e)
	return e
}
