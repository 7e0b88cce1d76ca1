// Gnet answers with this project's codec and handshake on panjf2000/gnet's event
// loop.
package main

import (
	"log"
	"net"

	"github.com/panjf2000/gnet/v2"
	"github.com/sockeye-ws/sockeye/bench/internal/peer"
	"golang.org/x/sys/unix"
)

func main() { peer.MainAddr(serve) }

func serve(addr string, broadcast bool, ready func(net.Addr)) error {
	return gnet.Run(newServer(broadcast, ready), "tcp://"+addr,
		gnet.WithNumEventLoop(1), gnet.WithLogger(quiet{log.Default()}))
}

// quiet keeps gnet from writing to standard output what it does.
type quiet struct{ *log.Logger }

func (quiet) Debugf(string, ...any)            {}
func (quiet) Infof(string, ...any)             {}
func (q quiet) Warnf(format string, a ...any)  { q.Printf(format, a...) }
func (q quiet) Errorf(format string, a ...any) { q.Printf(format, a...) }

// boundTo gives the address that gnet listens on, which it does not tell.
func boundTo(e gnet.Engine) (net.Addr, error) {
	fd, err := e.Dup()
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	name, err := unix.Getsockname(fd)
	if err != nil {
		return nil, err
	}
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		return &net.TCPAddr{IP: name.Addr[:], Port: name.Port}, nil
	case *unix.SockaddrInet6:
		return &net.TCPAddr{IP: name.Addr[:], Port: name.Port}, nil
	}
	return nil, unix.EAFNOSUPPORT
}
