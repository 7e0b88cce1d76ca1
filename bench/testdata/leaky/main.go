// Leaky is an echo server that leaves a goroutine behind for each connection
// that is reset: a test looks whether it is found out.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

func main() {
	addr, debug := flag.String("addr", "", ""), flag.String("pprof", "", "")
	broadcast := flag.Bool("broadcast", false, "")
	var o engine.Options
	flag.IntVar(&o.Workers, "workers", 0, "")
	flag.IntVar(&o.MaxMessageRate, "max-message-rate", 0, "")
	flag.DurationVar(&o.HandshakeTimeout, "handshake-timeout", 0, "")
	flag.DurationVar(&o.IdleTimeout, "idle-timeout", 0, "")
	flag.DurationVar(&o.WriteTimeout, "write-timeout", 0, "")
	flag.DurationVar(&o.CloseTimeout, "close-timeout", 0, "")
	flag.Parse()

	var srv *engine.Server
	srv = engine.NewServer(engine.HandlerFuncs{
		Message: func(c *engine.Conn, op codec.Opcode, p []byte) {
			if *broadcast {
				srv.Broadcast(codec.Prepare(op, p))
			} else {
				c.Send(op, p)
			}
		},
		Close: func(_ *engine.Conn, err error) {
			if e, ok := err.(*engine.CloseError); !ok || !e.Clean {
				go func() { select {} }()
			}
		},
	}, o)
	http.HandleFunc("/debug/memory", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]int{
			"pid": os.Getpid(), "goroutines": runtime.NumGoroutine(), "connections": int(srv.Stats().Connections),
		})
	})
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	page, err := net.Listen("tcp", *debug)
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(page, nil)
	fmt.Println("listening on", l.Addr())
	go srv.Serve(l)
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	<-end
}
