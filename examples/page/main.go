// Page is a chat in rooms: one port serves the page, the WebSockets that it
// opens, and a health check.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

//go:embed page.html
var page string

// newServer makes the server: the mux says what WebSockets there are, web
// answers everything else.
func newServer() *engine.Server {
	all := new(rooms)
	mux := engine.NewMux()
	mux.Handle("/chat/{room}", engine.Route{
		Handler:        all,
		Upgrade:        enter,
		MaxMessage:     4 << 10,
		MaxMessageRate: 10,
	})
	web := http.NewServeMux()
	web.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, page)
	})
	web.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })
	return engine.NewServer(nil, engine.Options{Mux: mux, HTTP: web})
}

// enter lets those in who say who they are.
func enter(r *handshake.Request) (engine.Accept, error) {
	name := r.Query().Get("name")
	if name == "" {
		return engine.Accept{}, handshake.Reject(http.StatusBadRequest, "no name\n")
	}
	return engine.Accept{Data: &guest{room: r.PathValue("room"), name: name}}, nil
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen at")
	flag.Parse()
	if err := run(*addr); err != nil {
		log.Fatal("page: ", err)
	}
}

// run serves until SIGINT or SIGTERM.
func run(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	srv := newServer()
	signalled, restore := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer restore()
	stopped := make(chan error, 1)
	go func() {
		<-signalled.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		stopped <- srv.Shutdown(ctx)
	}()
	fmt.Println("listening on", l.Addr())
	if err := srv.Serve(l); !errors.Is(err, engine.ErrServerClosed) {
		return err
	}
	return <-stopped
}
