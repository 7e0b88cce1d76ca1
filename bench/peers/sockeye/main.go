// Sockeye answers with the engine on one event loop, with its default limits.
package main

import (
	"net"

	"github.com/sockeye-ws/sockeye/bench/internal/deflating"
	"github.com/sockeye-ws/sockeye/bench/internal/peer"
	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

func main() { peer.MainCompressing(serve) }

func serve(l net.Listener, broadcast bool, way deflating.Way) error {
	var server *engine.Server
	answer := func(c *engine.Conn, op codec.Opcode, payload []byte) { c.Send(op, payload) }
	if broadcast {
		answer = func(_ *engine.Conn, op codec.Opcode, payload []byte) {
			server.Broadcast(codec.Prepare(op, payload))
		}
	}
	server = engine.NewServer(engine.HandlerFuncs{Message: answer}, engine.Options{Loops: 1, Compression: compression(way)})
	if cert, key, ok := peer.Certificate(); ok {
		return server.ServeTLS(l, cert, key)
	}
	return server.Serve(l)
}

func compression(way deflating.Way) *engine.Compression {
	if way == "" {
		return nil
	}
	return &engine.Compression{
		MinSize:          1,
		ContextTakeover:  way.KeepsContext(),
		WindowBits:       way.WindowBits(),
		MaxContextMemory: 8 << 30, // for all connections of a comparison
	}
}
