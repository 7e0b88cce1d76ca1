package engine

import (
	"context"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

func listenTCP(addr string, reuse bool) (net.Listener, error) {
	var lc net.ListenConfig
	if reuse {
		lc.Control = loop.ReusePort
	}
	lc.SetMultipathTCP(false)
	return lc.Listen(context.Background(), "tcp", addr)
}

// listenEach opens n sockets that share an address. As the system would let
// another process of the same user share it too, it first makes sure that the
// address is free.
func listenEach(addr string, n int) ([]net.Listener, error) {
	probe, err := listenTCP(addr, false)
	if err != nil {
		return nil, err
	}
	addr = probe.Addr().String() // port 0 is a port now
	probe.Close()
	var all []net.Listener
	for range n {
		l, err := listenTCP(addr, true)
		if err != nil {
			closeAll(all)
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close()
	}
}

// listenAll gives each loop one of the listeners, or none of them any.
func (g *group) listenAll(listeners []net.Listener, accepted func(*loop.Loop, int)) error {
	defer closeAll(listeners) // the loops have descriptors of their own
	var all []*loop.Listener
	for i, l := range listeners {
		ls, err := g.sessions[i].listen(l, nil, accepted)
		if err != nil {
			for i, ls := range all {
				to := g.sessions[i].loop
				to.Post(func() { to.CloseListener(ls) })
			}
			return err
		}
		all = append(all, ls)
	}
	return nil
}

// listen gives a descriptor of l's socket to the loop; see [loop.Listener] for
// the rest.
func (s *sessions) listen(l net.Listener, deal func() *loop.Loop, accepted func(*loop.Loop, int)) (*loop.Listener, error) {
	fd, err := descriptor(l)
	if err != nil {
		return nil, err
	}
	if err := s.owner.settings.tcp.Set(fd); err != nil {
		loop.OS.Close(fd)
		return nil, fmt.Errorf("engine: listening socket: %w", err)
	}
	ls := &loop.Listener{FD: fd, Deal: deal, Accepted: accepted}
	failed := make(chan loop.Errno, 1)
	if posted := s.loop.Post(func() { failed <- s.loop.Listen(ls) }); !posted {
		loop.OS.Close(fd)
		return nil, ErrServerClosed
	}
	if e := <-failed; e != 0 {
		loop.OS.Close(fd)
		return nil, fmt.Errorf("engine: listening socket: %w", e)
	}
	return ls, nil
}

// detach takes the socket out of a connection, which is closed.
func detach(c io.Closer) (int, error) {
	defer c.Close()
	return descriptor(c)
}

// descriptor gives one of our own for the socket of a connection or listener.
func descriptor(c any) (int, error) {
	socket, ok := c.(syscall.Conn)
	if !ok {
		return -1, &MisuseError{fmt.Sprintf("%T has no SyscallConn method: only plain TCP and Unix sockets can be put on a loop", c)}
	}
	return loop.Detach(socket)
}
