//go:build darwin || freebsd

package loop

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// OS is the operating system.
var OS System = bsd{}

type bsd struct{}

func (bsd) NewPoller() (Poller, error) { return newKqueue() }
func (bsd) Now() int64                 { return nanotime() }

// Accept cannot set the flags in the same call on all of these systems. A
// program that is started between the calls inherits the socket, which is the
// price of not holding a lock against forking.
func (bsd) Accept(fd int) (int, Errno) {
	conn, _, err := unix.Accept(fd)
	if err != nil {
		return -1, errnoOf(err)
	}
	unix.CloseOnExec(conn)
	if err := unix.SetNonblock(conn, true); err != nil {
		unix.Close(conn)
		return -1, errnoOf(err)
	}
	// Fails on Unix sockets, which need neither.
	unix.SetsockoptInt(conn, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	return conn, 0
}

func (bsd) Read(fd int, b []byte) (int, Errno) {
	n, err := unix.Read(fd, b)
	return n, errnoOf(err)
}

func (bsd) Write(fd int, b []byte) (int, Errno) {
	n, err := unix.Write(fd, b)
	return n, errnoOf(err)
}

// Writev is two writes: package unix has no writev for all of these systems.
func (s bsd) Writev(fd int, head, tail []byte) (int, Errno) {
	n, e := s.Write(fd, head)
	if e != 0 || n < len(head) {
		return n, e
	}
	m, _ := s.Write(fd, tail) // an error will come again
	return n + max(m, 0), 0
}

func (bsd) RemoteIP(fd int) (netip.Addr, bool) { return remoteIP(fd) }
func (bsd) CloseWrite(fd int) Errno            { return errnoOf(unix.Shutdown(fd, unix.SHUT_WR)) }
func (bsd) Close(fd int) Errno                 { return errnoOf(unix.Close(fd)) }
func (bsd) Spare() (int, Errno)                { return openSpare() }
