// Gorilla echoes with gorilla/websocket, a goroutine for each connection.
package main

import (
	"net"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/sockeye-ws/sockeye/bench/internal/peer"
)

// A pool of write buffers is what its documentation recommends for many
// connections that write little.
var upgrader = websocket.Upgrader{WriteBufferPool: &sync.Pool{}}

func main() {
	peer.Main(func(l net.Listener) error { return http.Serve(l, http.HandlerFunc(upgrade)) })
}

// upgrade leaves the rest to a new goroutine, as the chat example does, so that
// what net/http holds for the request can be freed.
func upgrade(w http.ResponseWriter, r *http.Request) {
	if c, err := upgrader.Upgrade(w, r, nil); err == nil {
		go serve(c)
	}
}

func serve(c *websocket.Conn) {
	defer c.Close()
	for echo(c) == nil {
	}
}

// echo does what ReadMessage and WriteMessage do, but for a buffer that it
// takes from a pool instead of a new one for each message.
func echo(c *websocket.Conn) error {
	kind, r, err := c.NextReader()
	if err != nil {
		return err
	}
	b := peer.Buffer()
	defer peer.Free(b)
	if _, err := b.ReadFrom(r); err != nil {
		return err
	}
	return c.WriteMessage(kind, b.Bytes())
}
