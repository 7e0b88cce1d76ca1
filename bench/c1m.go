package main

import (
	"context"
	"errors"
	"flag"
	"time"
)

// c1mConfig is what the flags of c1m say.
type c1mConfig struct {
	binary   string
	conns    int
	window   int
	hold     time.Duration
	patience int
	report   string
	force    bool
}

func parseC1M(args []string) (cfg c1mConfig, err error) {
	f := flag.NewFlagSet("c1m", flag.ContinueOnError)
	f.StringVar(&cfg.binary, "server", "", "`path` of the built examples/echo")
	f.IntVar(&cfg.conns, "conns", 1_000_000, "number of connections")
	f.IntVar(&cfg.window, "window", 2048, "connections that are opened, or echo, at a time")
	f.DurationVar(&cfg.hold, "hold", 10*time.Second, "how long to leave all of them idle")
	f.IntVar(&cfg.patience, "patience", 1, "`factor` of every time limit, the server's included, for a slow machine")
	f.StringVar(&cfg.report, "report", "", "`file` for the report in JSON; durations are in nanoseconds")
	f.BoolVar(&cfg.force, "force", false, "run even if the machine seems not to allow it")
	if err := parse(f, args); err != nil {
		return cfg, err
	}
	if cfg.binary == "" || cfg.conns < 2 || cfg.window < 1 || cfg.hold < 0 || cfg.patience < 1 {
		return cfg, usageError{errors.New("c1m needs -server, the path of the built echo server, and at least 2 connections")}
	}
	return cfg, nil
}

func runC1M(ctx context.Context, args []string) error {
	cfg, err := parseC1M(args)
	if err != nil {
		return err
	}
	m, err := startMillion(cfg)
	if err != nil {
		return err
	}
	for _, stage := range []func(context.Context){m.open, m.echo, m.idle, m.broadcast} {
		if ctx.Err() == nil {
			stage(ctx)
		}
	}
	m.end()
	m.check(ctx.Err() == nil, "interrupted")
	return m.tell()
}

// limit is how long all connections may take for one thing, a message or their
// end: a second for each 20,000, and some more.
func (cfg *c1mConfig) limit() time.Duration {
	return time.Duration(cfg.patience) * (10*time.Second + time.Duration(cfg.conns)*50*time.Microsecond)
}
