package loop

import (
	"net/netip"
	"syscall"
)

// Errno is the error of a system call; 0 is success.
type Errno = syscall.Errno

// System is all that a loop asks of the operating system. [OS] is the real
// one. No call may block, but for [Poller.Wait].
type System interface {
	// NewPoller makes the poller of one loop.
	NewPoller() (Poller, error)

	// Now is a monotonic clock in nanoseconds.
	Now() int64

	// Accept takes a connection from a listening socket; the new socket is
	// non-blocking, closed on exec and sends small writes at once.
	Accept(fd int) (int, Errno)

	// Read reads at least one byte, or returns 0 at the end of the stream.
	Read(fd int, b []byte) (int, Errno)

	// Write and Writev write at least one byte, of head and then tail.
	Write(fd int, b []byte) (int, Errno)
	Writev(fd int, head, tail []byte) (int, Errno)

	// CloseWrite ends the stream that is sent; Close frees the descriptor.
	CloseWrite(fd int) Errno
	Close(fd int) Errno

	// RemoteIP gives the IP address of a socket's peer, if it has one.
	RemoteIP(fd int) (netip.Addr, bool)

	// Spare opens a descriptor whose only use is to be closed when there are
	// no others left.
	Spare() (int, Errno)
}

// wouldBlock tells that a call should be repeated at the next readiness.
func wouldBlock(e Errno) bool {
	return e == syscall.EAGAIN || e == syscall.EINTR
}

// exhausted tells that the process or the system has no room for another
// connection now.
func exhausted(e Errno) bool {
	switch e {
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM:
		return true
	}
	return false
}
