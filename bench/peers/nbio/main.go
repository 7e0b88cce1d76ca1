// Nbio answers with lesismal/nbio on its event loop.
package main

import (
	"log"
	"net"
	"net/http"
	"time"

	"github.com/lesismal/llib/std/crypto/tls"
	"github.com/lesismal/nbio/logging"
	"github.com/lesismal/nbio/mempool"
	"github.com/lesismal/nbio/nbhttp"
	"github.com/lesismal/nbio/nbhttp/websocket"
	"github.com/sockeye-ws/sockeye/bench/internal/deflating"
	"github.com/sockeye-ws/sockeye/bench/internal/peer"
)

const maxMessage = 1 << 20 // as the engine's default

func main() { peer.MainCompressing(serve) }

// serve configures nbio as the benchmarks of its author do, but for the handler,
// which never waits: it runs on the poller's goroutine. Handing it to the pool
// of goroutines that is the default costs nearly as much again.
func serve(l net.Listener, broadcast bool, way deflating.Way) error {
	logging.SetLevel(logging.LevelError)               // standard output is for where we listen
	mempool.DefaultMemPool = mempool.New(2<<10, 1<<30) // a message, and 1 KiB
	upgrader := newUpgrader(broadcast)
	upgrader.EnableCompression(way != "") // it knows one way
	config := nbhttp.Config{
		Network:                 "tcp",
		Addrs:                   []string{l.Addr().String()},
		Listen:                  func(string, string) (net.Listener, error) { return l, nil },
		Handler:                 upgrade(upgrader),
		NPoller:                 1,
		ServerExecutor:          func(handle func()) { handle() },
		IOMod:                   nbhttp.IOModNonBlocking,
		ReleaseWebsocketPayload: true,

		// Else replies beyond 32 KiB are cut into fragments.
		MaxWebsocketFramePayloadSize: maxMessage,
	}
	if cert, key, ok := peer.Certificate(); ok {
		if err := secure(&config, cert, key); err != nil {
			return err
		}
	}
	server := nbhttp.NewEngine(config)
	if err := server.Start(); err != nil {
		return err
	}
	select {}
}

// secure makes it serve wss, with the fork of crypto/tls that nbio needs.
func secure(config *nbhttp.Config, cert, key string) error {
	pair, err := tls.LoadX509KeyPair(cert, key)
	config.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
	config.AddrsTLS, config.Addrs = config.Addrs, nil
	return err
}

func newUpgrader(broadcast bool) *websocket.Upgrader {
	u := websocket.NewUpgrader()
	u.KeepaliveTime = 0 // else a timer is set for each message
	if !broadcast {
		u.OnMessage(func(c *websocket.Conn, kind websocket.MessageType, payload []byte) {
			c.WriteMessage(kind, payload)
		})
		return u
	}
	conns := new(peer.Conns[*websocket.Conn])
	u.OnOpen(conns.Add)
	u.OnClose(func(c *websocket.Conn, _ error) { conns.Remove(c) })
	u.OnMessage(func(_ *websocket.Conn, kind websocket.MessageType, payload []byte) {
		conns.Each(func(c *websocket.Conn) { c.WriteMessage(kind, payload) })
	})
	return u
}

func upgrade(u *websocket.Upgrader) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := u.Upgrade(w, r, nil)
		if err != nil {
			log.Print(err)
			return
		}
		c.EnableWriteCompression(true) // if that was agreed on
		c.SetReadDeadline(time.Time{}) // that of the HTTP request
	}
}
