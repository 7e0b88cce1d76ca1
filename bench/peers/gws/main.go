// Gws answers with lxzan/gws, a goroutine for each connection.
package main

import (
	"net"

	"github.com/lxzan/gws"
	"github.com/sockeye-ws/sockeye/bench/internal/deflating"
	"github.com/sockeye-ws/sockeye/bench/internal/peer"
)

func main() {
	peer.MainCompressing(func(l net.Listener, broadcast bool, way deflating.Way) error {
		var h gws.Event = echo{}
		if broadcast {
			h = new(broadcaster)
		}
		return gws.NewServer(h, &gws.ServerOption{PermessageDeflate: gws.PermessageDeflate{
			Enabled:               way != "",
			Threshold:             1,
			ServerContextTakeover: way.KeepsContext(),
			ClientContextTakeover: way.KeepsContext(),
			ServerMaxWindowBits:   way.WindowBits(),
			ClientMaxWindowBits:   way.WindowBits(),
		}}).RunListener(l)
	})
}

type echo struct{ gws.BuiltinEventHandler }

func (echo) OnPing(c *gws.Conn, payload []byte) { c.WritePong(payload) }

func (echo) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	c.WriteMessage(m.Opcode, m.Bytes())
}

type broadcaster struct {
	echo
	conns peer.Conns[*gws.Conn]
}

func (b *broadcaster) OnOpen(c *gws.Conn) { b.conns.Add(c) }

func (b *broadcaster) OnClose(c *gws.Conn, _ error) { b.conns.Remove(c) }

func (b *broadcaster) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	all := gws.NewBroadcaster(m.Opcode, m.Bytes())
	defer all.Close()
	b.conns.Each(func(c *gws.Conn) { all.Broadcast(c) })
}
