package main

import (
	"flag"
	"fmt"

	"github.com/sockeye-ws/sockeye/engine"
)

// limitFlags declares what connections may be and send. A limit without a
// default is off.
func limitFlags(o *engine.Options) {
	flag.IntVar(&o.MaxConns, "max-conns", 0, "limit of `connections`; beyond, 503 (default: none but the descriptors)")
	flag.IntVar(&o.MaxConnsPerAddr, "max-conns-per-addr", 0, "limit of `connections` from one address; beyond, 429 (default: none)")
	flag.IntVar(&o.MaxConnRatePerAddr, "max-conn-rate", 0, "limit of `connections` that one address begins in a second; beyond, 429 (default: none)")
	flag.IntVar(&o.MaxMessage, "max-message", engine.DefaultMaxMessage, "limit of a message in `bytes`; beyond, close 1009")
	flag.IntVar(&o.MaxMessageRate, "max-message-rate", 0, "limit of `messages` that a connection sends in a second; see -rate-policy (default: none)")
	flag.IntVar(&o.MaxByteRate, "max-byte-rate", 0, "limit of `bytes` that a connection sends in a second, likewise (default: none)")
	flag.Int64Var(&o.MaxMemory, "max-memory", 0, "limit of the `bytes` in all buffers; beyond, those that hold the most end (default: half of GOMEMLIMIT, or of the machine)")
	flag.IntVar(&o.MaxBuffered, "max-buffered", engine.DefaultMaxBuffered, "limit of a connection's unsent `bytes`; see -send-policy")
	policyFlag(&o.SendPolicy, "send-policy", "what happens beyond -max-buffered: close, drop-newest or drop-oldest (default: close)", map[string]engine.SendPolicy{
		"close": engine.CloseSlow, "drop-newest": engine.DropNewest, "drop-oldest": engine.DropOldest,
	})
	policyFlag(&o.RatePolicy, "rate-policy", "what happens to who sends too much: close (1008) or pause (default: close)", map[string]engine.RatePolicy{
		"close": engine.CloseFast, "pause": engine.PauseFast,
	})
}

// policyFlag declares a flag that takes one of some names.
func policyFlag[P engine.SendPolicy | engine.RatePolicy](to *P, name, usage string, values map[string]P) {
	flag.Func(name, usage, func(s string) error {
		p, ok := values[s]
		if !ok {
			return fmt.Errorf("no policy is named %q", s)
		}
		*to = p
		return nil
	})
}
