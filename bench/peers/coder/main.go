// Coder answers with coder/websocket, a goroutine for each connection.
package main

import (
	"context"
	"net"
	"net/http"

	"github.com/coder/websocket"
	"github.com/sockeye-ws/sockeye/bench/internal/deflating"
	"github.com/sockeye-ws/sockeye/bench/internal/peer"
)

const maxMessage = 1 << 20 // as the engine's default; its own is 32 KiB

// background cannot end, which is the cheapest context.
var background = context.Background()

func main() {
	peer.MainCompressing(func(l net.Listener, broadcast bool, way deflating.Way) error {
		options = accept(way)
		return http.Serve(l, newServer(broadcast))
	})
}

// options are how to accept connections.
var options *websocket.AcceptOptions

func accept(way deflating.Way) *websocket.AcceptOptions {
	o := &websocket.AcceptOptions{CompressionThreshold: 1}
	switch {
	case way.KeepsContext():
		o.CompressionMode = websocket.CompressionContextTakeover
	case way != "":
		o.CompressionMode = websocket.CompressionNoContextTakeover
	}
	return o
}

type server struct {
	conns *peer.Conns[*websocket.Conn] // only to broadcast
	reply func(c *websocket.Conn, kind websocket.MessageType, payload []byte) error
}

func newServer(broadcast bool) *server {
	if !broadcast {
		return &server{reply: echo}
	}
	s := &server{conns: new(peer.Conns[*websocket.Conn])}
	s.reply = s.broadcast
	return s
}

// ServeHTTP leaves the rest to a new goroutine, so that what net/http holds for
// the request can be freed.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c, err := websocket.Accept(w, r, options); err == nil {
		go s.serve(c)
	}
}

func (s *server) serve(c *websocket.Conn) {
	defer c.CloseNow()
	c.SetReadLimit(maxMessage)
	s.conns.Add(c)
	defer s.conns.Remove(c)
	for s.answer(c) == nil {
	}
}

// answer reads as Read does, but for a buffer that it takes from a pool instead
// of a new one for each message.
func (s *server) answer(c *websocket.Conn) error {
	kind, r, err := c.Reader(background)
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

func echo(c *websocket.Conn, kind websocket.MessageType, payload []byte) error {
	return c.Write(background, kind, payload)
}

func (s *server) broadcast(_ *websocket.Conn, kind websocket.MessageType, payload []byte) error {
	s.conns.Each(func(c *websocket.Conn) { echo(c, kind, payload) })
	return nil
}
