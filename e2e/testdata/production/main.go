// Chat is a WebSocket service that is ready for the internet.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	_ "net/http/pprof" // for the address below only
	"net/netip"
	"os/signal"
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

var options = engine.Options{
	CheckOrigin: handshake.AllowOrigins("https://chat.example.com"),
	Proxies: &engine.Proxies{ // the one in front; without any, leave this out
		Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Header:  engine.XForwardedFor,
	},
	MaxConns:        1_000_000, // less than LimitNOFILE
	MaxConnsPerAddr: 500,
	MaxMessage:      64 << 10,
	MaxBuffered:     256 << 10,
	MaxMessageRate:  50,
	MaxByteRate:     256 << 10,
	IdleTimeout:     90 * time.Second, // a ping after 45 s: before any proxy's 60 s
	ShutdownSpread:  45 * time.Second, // less than what Shutdown gets below
}

func main() {
	handler := engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, payload []byte) {
		c.Send(op, payload)
	}}
	srv := engine.NewServer(handler, options)
	http.HandleFunc("/stats", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(srv.Stats())
	})
	go func() { log.Fatal(http.ListenAndServe("127.0.0.1:6060", nil)) }() // never a public address

	stopped := make(chan error, 1)
	go func() { stopped <- shutdown(srv) }()
	if err := srv.ListenAndServe("127.0.0.1:8080"); err != engine.ErrServerClosed {
		log.Fatal(err)
	}
	if err := <-stopped; err != nil {
		log.Print("some connections had to be cut: ", err)
	}
}

// shutdown closes all connections once the process is told to end.
func shutdown(srv *engine.Server) error {
	told, restore := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	<-told.Done()
	restore()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second) // less than TimeoutStopSec
	defer cancel()
	return srv.Shutdown(ctx)
}
