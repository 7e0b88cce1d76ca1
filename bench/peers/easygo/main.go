// Easygo answers with gobwas/ws where mailru/easygo/netpoll tells that a
// connection is readable: an idle one has neither goroutine nor buffer.
package main

import (
	"net"

	"github.com/gobwas/ws"
	"github.com/mailru/easygo/netpoll"
	"github.com/sockeye-ws/sockeye/bench/internal/gobwas"
	"github.com/sockeye-ws/sockeye/bench/internal/peer"
	"golang.org/x/sys/unix"
)

// workers is the default of the chat example of gobwas/ws.
const workers = 128

func main() { peer.Main(accept) }

func accept(l net.Listener, broadcast bool) error {
	poller, err := netpoll.New(nil)
	if err != nil {
		return err
	}
	s := &server{poller: poller, pool: newPool(workers)}
	s.conns, s.reply = gobwas.Mode(broadcast)
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		s.pool.schedule(func() { s.open(c.(*net.TCPConn)) })
	}
}

type server struct {
	poller netpoll.Poller
	pool   *pool
	conns  *peer.Conns[net.Conn]
	reply  gobwas.Reply
}

func (s *server) open(c *net.TCPConn) {
	if _, err := ws.Upgrade(c); err != nil {
		c.Close()
		return
	}
	desc, err := readOnce(c)
	if err != nil {
		c.Close()
		return
	}
	s.conns.Add(c)
	receive := func() { s.receive(c, desc) }
	if s.poller.Start(desc, func(netpoll.Event) { s.pool.schedule(receive) }) != nil {
		s.close(c, desc)
	}
}

// receive answers what is there and waits for the next event. There is none
// meanwhile: each connection has at most one worker.
func (s *server) receive(c net.Conn, desc *netpoll.Desc) {
	r := gobwas.Reader(c)
	defer gobwas.FreeReader(r)
	if gobwas.Answer(c, r, s.reply) != nil || s.poller.Resume(desc) != nil {
		s.close(c, desc)
	}
}

func (s *server) close(c net.Conn, desc *netpoll.Desc) {
	s.conns.Remove(c)
	s.poller.Stop(desc)
	desc.Close()
	c.Close()
}

// readOnce does what netpoll.HandleReadOnce does, but duplicates the descriptor
// itself: of one that File duplicates, current versions of Go change the mode
// whenever netpoll asks for its number, which is two system calls a message.
func readOnce(c *net.TCPConn) (*netpoll.Desc, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	var failed error
	if err := raw.Control(func(own uintptr) {
		fd, failed = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0)
	}); err != nil {
		return nil, err
	}
	if failed != nil {
		return nil, failed
	}
	return netpoll.NewDesc(uintptr(fd), netpoll.EventRead|netpoll.EventOneShot), nil
}
