// Gobwas echoes with gobwas/ws, a goroutine for each connection.
package main

import (
	"net"

	"github.com/gobwas/ws"
	"github.com/sockeye-ws/sockeye/bench/internal/gobwas"
	"github.com/sockeye-ws/sockeye/bench/internal/peer"
)

func main() { peer.Main(accept) }

func accept(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go serve(c)
	}
}

func serve(c net.Conn) {
	defer c.Close()
	if _, err := ws.Upgrade(c); err != nil {
		return
	}
	r := gobwas.Reader(c)
	defer gobwas.FreeReader(r)
	for gobwas.Echo(c, r) == nil {
	}
}
