// Epoll is the practical limit of a Go echo server: it sends back whatever
// bytes arrive, or sends them to all connections, without WebSocket, on one
// event loop.
package main

import (
	"errors"
	"net"

	"github.com/sockeye-ws/sockeye/bench/internal/peer"
	"golang.org/x/sys/unix"
)

func main() { peer.Main(serve) }

func serve(l net.Listener, broadcast bool) error {
	listener, err := descriptor(l)
	if err != nil {
		return err
	}
	loop, err := newLoop(listener, broadcast)
	if err != nil {
		return err
	}
	return loop.run()
}

// descriptor gives a listening descriptor, non-blocking as all of Go's are.
func descriptor(l net.Listener) (fd int, err error) {
	defer l.Close() // the duplicate goes on listening
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		return 0, err
	}
	if failed := raw.Control(func(own uintptr) {
		fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0)
	}); failed != nil || err != nil {
		return 0, errors.Join(failed, err)
	}
	// Linux hands TCP_NODELAY down to the connections that it accepts.
	return fd, unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
}
