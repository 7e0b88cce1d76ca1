// Gws echoes with lxzan/gws, a goroutine for each connection.
package main

import (
	"net"

	"github.com/lxzan/gws"
	"github.com/sockeye-ws/sockeye/bench/internal/peer"
)

func main() {
	peer.Main(func(l net.Listener) error { return gws.NewServer(handler{}, nil).RunListener(l) })
}

type handler struct{ gws.BuiltinEventHandler }

func (handler) OnPing(c *gws.Conn, payload []byte) { c.WritePong(payload) }

func (handler) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	c.WriteMessage(m.Opcode, m.Bytes())
}
