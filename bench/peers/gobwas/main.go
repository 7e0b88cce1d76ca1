// Gobwas answers with gobwas/ws, a goroutine for each connection.
package main

import (
	"net"

	"github.com/gobwas/ws"
	"github.com/sockeye-ws/sockeye/bench/internal/gobwas"
	"github.com/sockeye-ws/sockeye/bench/internal/peer"
)

func main() { peer.Main(accept) }

func accept(l net.Listener, broadcast bool) error {
	conns, reply := gobwas.Mode(broadcast)
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go serve(c, conns, reply)
	}
}

func serve(c net.Conn, conns *peer.Conns[net.Conn], reply gobwas.Reply) {
	defer c.Close()
	if _, err := ws.Upgrade(c); err != nil {
		return
	}
	conns.Add(c)
	defer conns.Remove(c)
	r := gobwas.Reader(c)
	defer gobwas.FreeReader(r)
	for gobwas.Answer(c, r, reply) == nil {
	}
}
