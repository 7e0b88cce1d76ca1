// Epoll is the practical limit of a Go echo server: it sends back whatever
// bytes arrive, without WebSocket, on one event loop.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "`address` to listen on")
	flag.Parse()
	if err := run(*addr); err != nil {
		log.Fatal("epoll: ", err)
	}
}

func run(addr string) error {
	listener, bound, err := listen(addr)
	if err != nil {
		return err
	}
	l, err := newLoop(listener)
	if err != nil {
		return err
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGINT, unix.SIGTERM)
	failed := make(chan error, 1)
	go func() { failed <- l.run() }()
	fmt.Println("listening on", bound)
	select {
	case err := <-failed:
		return err
	case <-ended:
		return nil
	}
}

// listen opens a listening descriptor, non-blocking as all of Go's are.
func listen(addr string) (fd int, bound net.Addr, err error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return 0, nil, err
	}
	defer l.Close() // the duplicate goes on listening
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		return 0, nil, err
	}
	if failed := raw.Control(func(own uintptr) {
		fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0)
	}); failed != nil || err != nil {
		return 0, nil, errors.Join(failed, err)
	}
	// Linux hands TCP_NODELAY down to the connections that it accepts.
	return fd, l.Addr(), unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
}
