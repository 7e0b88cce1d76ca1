// Sockeye echoes with the engine on one event loop, with its default limits.
package main

import (
	"net"

	"github.com/sockeye-ws/sockeye/bench/internal/peer"
	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

func main() { peer.Main(serve) }

func serve(l net.Listener) error {
	handler := engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, payload []byte) {
		c.Send(op, payload)
	}}
	return engine.NewServer(handler, engine.Options{Loops: 1}).Serve(l)
}
