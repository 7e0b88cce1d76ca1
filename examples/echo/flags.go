package main

import (
	"flag"
	"os"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/engine"
)

// config is what the flags say.
type config struct {
	addr      string
	broadcast bool
	pprof     string
	shutdown  time.Duration
	cert      certificate
	options   engine.Options
}

func parseFlags() *config {
	cfg := new(config)
	flag.StringVar(&cfg.addr, "addr", ":8080", "`address` to listen at")
	flag.BoolVar(&cfg.broadcast, "broadcast", false, "send each message to all connections, instead of back; those opened at /broadcast do so in any case")
	flag.StringVar(&cfg.pprof, "pprof", "", "`address` for net/http/pprof and /debug/memory; never a public one (default: none)")
	flag.IntVar(&cfg.options.Loops, "loops", 0, "number of event loops (default: one for each processor)")
	flag.IntVar(&cfg.options.Workers, "workers", 0, "number of goroutines that run the handler, where it may block (default: 0, the loops do)")
	flag.IntVar(&cfg.options.Mailbox, "mailbox", engine.DefaultMailbox, "number of a connection's `messages` that may wait for a worker")
	flag.Func("subprotocol", "`name` that the server speaks, or several with commas between; may be repeated, best first", func(names string) error {
		cfg.options.Subprotocols = append(cfg.options.Subprotocols, strings.Split(names, ",")...)
		return nil
	})
	cfg.cert.flags()
	limitFlags(&cfg.options)
	compressionFlags(&cfg.options)
	timeFlags(cfg)
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	return cfg
}

// timeFlags declares how long things may take.
func timeFlags(cfg *config) {
	o := &cfg.options
	flag.DurationVar(&o.HandshakeTimeout, "handshake-timeout", engine.DefaultHandshakeTimeout, "how long a client may take to open a connection")
	flag.DurationVar(&o.IdleTimeout, "idle-timeout", engine.DefaultIdleTimeout, "how long a client may be silent; after half of that it is pinged")
	flag.DurationVar(&o.WriteTimeout, "write-timeout", engine.DefaultWriteTimeout, "how long a client may take nothing of what is unsent")
	flag.DurationVar(&o.CloseTimeout, "close-timeout", engine.DefaultCloseTimeout, "how long a client may take to answer a Close")
	flag.DurationVar(&cfg.shutdown, "shutdown-timeout", 10*time.Second, "how long all connections may take to close after SIGTERM")
	flag.DurationVar(&o.ShutdownSpread, "shutdown-spread", 0, "`time` over which they are told to close, evenly; less than -shutdown-timeout (default: at once)")
}
