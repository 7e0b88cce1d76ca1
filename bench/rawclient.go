package main

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/raw"
)

// runRawClient is a process of its own so that its CPU time is the client's
// alone. compare reads the JSON that it writes.
func runRawClient(_ context.Context, args []string) error {
	var o raw.Options
	f := flag.NewFlagSet("rawclient", flag.ContinueOnError)
	f.StringVar(&o.Load, "load", raw.Echo, "`kind` of load: echo, broadcast, setup, deflate-json or deflate-text")
	f.StringVar(&o.Addr, "addr", "127.0.0.1:8080", "`address` of the server")
	f.BoolVar(&o.Plain, "plain", false, "the server sends back bytes, without WebSocket")
	f.IntVar(&o.Conns, "conns", 100, "number of connections at a time")
	f.IntVar(&o.Size, "size", 125, "payload of a message in `bytes`")
	f.IntVar(&o.Depth, "depth", 1, "messages outstanding on each connection")
	f.DurationVar(&o.Warmup, "warmup", 300*time.Millisecond, "load before the measured time")
	f.DurationVar(&o.Duration, "duration", 3*time.Second, "measured time")
	f.IntVar(&o.ServerPID, "server-pid", 0, "`process` of the server")
	f.StringVar((*string)(&o.Compress), "compress", "", "`way` to compress that is agreed on with the server: alone (default: none)")
	if err := parse(f, args); err != nil {
		return err
	}
	result, err := raw.Run(o)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}
