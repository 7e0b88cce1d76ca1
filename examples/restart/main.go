// Restart is an echo server that replaces itself on SIGHUP: the next process,
// maybe of another version, takes over its listening socket, and no connection
// is refused. systemd may have opened the socket, but need not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/engine/listen"
)

const (
	startTimeout    = 10 * time.Second // for the next process
	shutdownTimeout = 30 * time.Second
)

var options = engine.Options{
	ShutdownSpread: 2 * time.Second, // minutes, for very many clients: shutdownTimeout must be longer
}

func main() {
	log.SetPrefix(fmt.Sprintf("restart[%d]: ", os.Getpid()))
	addr := flag.String("addr", ":8080", "`address` to listen at, unless systemd passes a socket called ws")
	pidFile := flag.String("pid", "", "`file` to write the number of the serving process to (default: none)")
	flag.Parse()
	if err := run(*addr, *pidFile); err != nil {
		log.Fatal(err)
	}
}

// run serves until SIGINT or SIGTERM, or until the next process does.
func run(addr, pidFile string) error {
	sockets, err := listen.Inherited()
	if err != nil {
		return err
	}
	l, err := sockets.Listen("ws", "tcp", addr)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
	echo := engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, payload []byte) { c.Send(op, payload) }}
	srv := engine.NewServer(echo, options)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }() // until it accepts, clients wait at the socket
	if err := errors.Join(writePID(pidFile), sockets.Ready()); err != nil {
		return err
	}
	fmt.Println("process", os.Getpid(), "listening on", l.Addr())
	for {
		select {
		case err := <-failed:
			return err
		case s := <-signals:
			if s != syscall.SIGHUP || handedOver(sockets) {
				return shutdown(srv)
			}
			if err := writePID(pidFile); err != nil { // the next process may have done so before it failed
				log.Print(err)
			}
		}
	}
}

// handedOver starts this program again, as it is on disk now, and tells whether
// it serves.
func handedOver(sockets *listen.Sockets) bool {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	err := sockets.HandOver(ctx, nil)
	if err != nil {
		log.Print("going on: ", err)
	}
	return err == nil
}

// shutdown tells all clients to come back, to the next process if there is one.
func shutdown(srv *engine.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	return srv.Shutdown(ctx)
}

// writePID replaces a file at one go.
func writePID(file string) error {
	if file == "" {
		return nil
	}
	if err := os.WriteFile(file+".new", fmt.Appendln(nil, os.Getpid()), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
