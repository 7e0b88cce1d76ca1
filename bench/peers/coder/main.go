// Coder echoes with coder/websocket, a goroutine for each connection.
package main

import (
	"context"
	"net"
	"net/http"

	"github.com/coder/websocket"
	"github.com/sockeye-ws/sockeye/bench/internal/peer"
)

const maxMessage = 1 << 20 // as the engine's default; its own is 32 KiB

func main() {
	peer.Main(func(l net.Listener) error { return http.Serve(l, http.HandlerFunc(upgrade)) })
}

// upgrade leaves the rest to a new goroutine, so that what net/http holds for
// the request can be freed.
func upgrade(w http.ResponseWriter, r *http.Request) {
	if c, err := websocket.Accept(w, r, nil); err == nil {
		go serve(c)
	}
}

func serve(c *websocket.Conn) {
	defer c.CloseNow()
	c.SetReadLimit(maxMessage)
	for echo(c) == nil {
	}
}

// echo does what Read and Write do, but for a buffer that it takes from a pool
// instead of a new one for each message. The context that cannot end is the
// cheapest.
func echo(c *websocket.Conn) error {
	ctx := context.Background()
	kind, r, err := c.Reader(ctx)
	if err != nil {
		return err
	}
	b := peer.Buffer()
	defer peer.Free(b)
	if _, err := b.ReadFrom(r); err != nil {
		return err
	}
	return c.Write(ctx, kind, b.Bytes())
}
