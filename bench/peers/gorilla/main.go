// Gorilla answers with gorilla/websocket, a goroutine for each connection.
package main

import (
	"net"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/sockeye-ws/sockeye/bench/internal/deflating"
	"github.com/sockeye-ws/sockeye/bench/internal/peer"
)

// A pool of write buffers is what its documentation recommends for many
// connections that write little.
var upgrader = websocket.Upgrader{WriteBufferPool: &sync.Pool{}}

func main() {
	peer.MainCompressing(func(l net.Listener, broadcast bool, way deflating.Way) error {
		upgrader.EnableCompression = way != "" // it knows one way
		if cert, key, ok := peer.Certificate(); ok {
			return http.ServeTLS(l, newServer(broadcast), cert, key)
		}
		return http.Serve(l, newServer(broadcast))
	})
}

type server struct {
	conns *peer.Conns[*websocket.Conn] // only to broadcast
	reply func(c *websocket.Conn, kind int, payload []byte) error
}

func newServer(broadcast bool) *server {
	if !broadcast {
		return &server{reply: (*websocket.Conn).WriteMessage}
	}
	s := &server{conns: new(peer.Conns[*websocket.Conn])}
	s.reply = s.broadcast
	return s
}

// ServeHTTP leaves the rest to a new goroutine, as the chat example does, so
// that what net/http holds for the request can be freed.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c, err := upgrader.Upgrade(w, r, nil); err == nil {
		go s.serve(c)
	}
}

func (s *server) serve(c *websocket.Conn) {
	defer c.Close()
	s.conns.Add(c)
	defer s.conns.Remove(c)
	for s.answer(c) == nil {
	}
}

// answer reads as ReadMessage does, but for a buffer that it takes from a pool
// instead of a new one for each message.
func (s *server) answer(c *websocket.Conn) error {
	kind, r, err := c.NextReader()
	if err != nil {
		return err
	}
	b := peer.Buffer()
	defer peer.Free(b)
	if _, err := b.ReadFrom(r); err != nil {
		return err
	}
	return s.reply(c, kind, b.Bytes())
}

func (s *server) broadcast(_ *websocket.Conn, kind int, payload []byte) error {
	m, err := websocket.NewPreparedMessage(kind, payload)
	if err != nil {
		return err
	}
	s.conns.Each(func(c *websocket.Conn) { c.WritePreparedMessage(m) })
	return nil
}
