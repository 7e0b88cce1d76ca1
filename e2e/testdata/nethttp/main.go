// Nethttp is an echo server behind net/http, with TLS.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

var (
	cert         = flag.String("cert", "", "")
	key          = flag.String("key", "", "")
	maxMessage   = flag.Int("max-message", 0, "")
	subprotocols = flag.String("subprotocol", "", "")
)

func main() {
	flag.Parse()
	options := engine.Options{MaxMessage: *maxMessage}
	if *subprotocols != "" {
		options.Subprotocols = strings.Split(*subprotocols, ",")
	}
	srv := engine.NewServer(engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) { c.Send(op, p) }}, options)
	mux := http.NewServeMux()
	mux.Handle("/", srv)
	mux.HandleFunc("/proto", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) })
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" && r.Header.Get("Upgrade") == "" {
			http.Error(w, "this page is for WebSockets", http.StatusUpgradeRequired) // by HTTP/2 too
			return
		}
		mux.ServeHTTP(w, r)
	})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	told, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	go func() { log.Print(web.ServeTLS(engine.UnderTLS(l), *cert, *key)) }()
	fmt.Println("listening on", l.Addr())
	<-told.Done()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := web.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
	if err := srv.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}
