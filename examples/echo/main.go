// Echo is a WebSocket server that sends every message back, or to everyone.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os/signal"
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

func main() {
	cfg := parseFlags()
	if err := run(cfg); err != nil {
		log.Fatal("echo: ", err)
	}
}

// newServer makes the server: these lines are the program, the rest starts and
// stops it.
func newServer(cfg *config) *engine.Server {
	var srv *engine.Server
	echo := engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, payload []byte) {
		c.Send(op, payload)
	}}
	broadcast := engine.HandlerFuncs{Message: func(_ *engine.Conn, op codec.Opcode, payload []byte) {
		srv.Broadcast(codec.Prepare(op, payload))
	}}
	if cfg.broadcast {
		echo = broadcast
	}
	cfg.options.Upgrade = func(r *handshake.Request) (engine.Accept, error) {
		if r.Path() == "/broadcast" {
			return engine.Accept{Handler: broadcast}, nil
		}
		return engine.Accept{}, nil
	}
	srv = engine.NewServer(echo, cfg.options)
	return srv
}

// run serves until SIGINT or SIGTERM.
func run(cfg *config) (err error) {
	if cfg.options.TLSConfig, err = cfg.cert.config(); err != nil {
		return err
	}
	srv := newServer(cfg)
	l, err := net.Listen("tcp", cfg.addr)
	if err != nil {
		return err
	}
	if err := serveDebug(cfg.pprof, srv); err != nil {
		return err
	}
	stopped := shutdownOnSignal(srv, cfg.shutdown)
	fmt.Println("listening on", l.Addr())
	serve := srv.Serve
	if cfg.options.TLSConfig != nil {
		serve = func(l net.Listener) error { return srv.ServeTLS(l, "", "") }
	}
	if err := serve(l); !errors.Is(err, engine.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// shutdownOnSignal ends srv gracefully, within timeout; a second signal kills.
// What it gives receives the result of [engine.Server.Shutdown].
func shutdownOnSignal(srv *engine.Server, timeout time.Duration) <-chan error {
	signalled, restore := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	stopped := make(chan error, 1)
	go func() {
		<-signalled.Done()
		restore()
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		stopped <- srv.Shutdown(ctx)
	}()
	return stopped
}
