package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// otherFiles is how many descriptors a program needs beside connections.
const otherFiles = 100

// echoConfig is what the flags of echo say.
type echoConfig struct {
	load.Options
	size, depth int
	duration    time.Duration
	serverPID   int
	debug       string
	json        bool
}

func parseEcho(args []string) (cfg echoConfig, err error) {
	f := flag.NewFlagSet("echo", flag.ContinueOnError)
	f.StringVar(&cfg.URL, "url", "ws://127.0.0.1:8080/", "`URL` of the server, ws://host:port/path")
	f.IntVar(&cfg.Conns, "conns", 1000, "number of connections")
	f.IntVar(&cfg.size, "size", 125, "payload of a message in `bytes`")
	f.IntVar(&cfg.depth, "depth", 1, "messages outstanding on each connection; 0: one echo on each, then only hold them")
	f.DurationVar(&cfg.duration, "duration", 10*time.Second, "how long to load, or hold")
	f.IntVar(&cfg.Parallel, "parallel", 64, "connections that are opened at a time")
	f.Float64Var(&cfg.Rate, "dial-rate", 0, "connections begun in a `second` (default: as many as can be)")
	f.IntVar(&cfg.serverPID, "server-pid", 0, "`process` of the server (default: found if it is on this machine)")
	f.StringVar(&cfg.debug, "debug", "", "`URL` of the server's -pprof address, for its goroutines, and memory after a forced collection")
	f.BoolVar(&cfg.json, "json", false, "report in JSON; durations are in nanoseconds")
	if err := parse(f, args); err != nil {
		return cfg, err
	}
	if cfg.Conns < 1 || cfg.size < 0 || cfg.depth < 0 || cfg.duration <= 0 || cfg.Parallel < 1 || cfg.Rate < 0 {
		return cfg, usageError{errors.New("a number is too small")}
	}
	cfg.MaxSize, cfg.MaxDepth = cfg.size, max(cfg.depth, 1)
	return cfg, nil
}

func runEcho(ctx context.Context, args []string) error {
	cfg, err := parseEcho(args)
	if err != nil {
		return err
	}
	if err := proc.NeedFiles(cfg.Conns + otherFiles); err != nil {
		return err
	}
	g, err := load.New(cfg.Options)
	if err != nil {
		return usageError{err}
	}
	server, err := watch.Find(cfg.serverPID, cfg.debug, cfg.URL)
	if err != nil {
		return err
	}
	r, err := cfg.measure(ctx, g, server)
	if err != nil {
		return err
	}
	if cfg.json {
		err = json.NewEncoder(os.Stdout).Encode(r)
	} else {
		r.write(os.Stdout)
	}
	if err == nil && len(r.Errors) > 0 {
		err = errFailed
	}
	return err
}

// measure does it all: open, exchange, look at the server while all is idle,
// close. When ctx ends it goes on to the end at once.
func (cfg *echoConfig) measure(ctx context.Context, g *load.Group, server *watch.Server) (r echoReport, err error) {
	r = echoReport{URL: cfg.URL, Conns: cfg.Conns, Size: cfg.size, Depth: cfg.depth}
	if err = warmUp(ctx, cfg.Options, cfg.size); err != nil {
		return r, err
	}
	if r.Server.Before, err = server.Snapshot(); err != nil {
		return r, err
	}
	r.DialTime = dial(ctx, g, cfg.Conns)
	r.Opened = g.Open()
	if r.Opened > 0 {
		first := exchange(ctx, g, server, load.Run{Size: cfg.size, Depth: 1, Messages: 1, Duration: time.Minute})
		r.add(first)
		if cfg.depth > 0 {
			r.add(exchange(ctx, g, server, load.Run{Size: cfg.size, Depth: cfg.depth, Duration: cfg.duration}))
		} else {
			hold(ctx, g, cfg.duration)
		}
	}
	r.Server.After, err = server.Snapshot()
	r.Held = g.Open()
	r.Server.share(r.Held)
	g.Close()
	r.Errors = g.Errors.Kinds()
	r.Interrupted = ctx.Err() != nil
	return r, err
}

// warmConns is how many connections warm a server up.
const warmConns = 1000

// warmUp lets the server do once what each connection will ask of it, so that
// its own growth, and the pages of its program, do not count as theirs. What
// fails here fails again where it is counted.
func warmUp(ctx context.Context, o load.Options, size int) error {
	o.Conns = min(o.Conns, warmConns)
	g, err := load.New(o)
	if err != nil {
		return err
	}
	g.Dial(ctx)
	if g.Open() > 0 {
		ph := g.Start(load.Run{Size: size, Depth: 1, Messages: 1, Duration: time.Minute})
		ph.Wait(ctx)
		ph.Stop()
	}
	g.Close()
	return nil
}

// dial opens the group's connections and tells how long it took.
func dial(ctx context.Context, g *load.Group, n int) time.Duration {
	began := time.Now()
	stop := report.Progress(func() string {
		return fmt.Sprintf("opening connections: %s of %s", report.Count(g.Open()), report.Count(n))
	})
	defer stop()
	g.Dial(ctx)
	return time.Since(began)
}

// exchanged is what a phase of messages came to, and its processor time.
type exchanged struct {
	load.Result
	client, server time.Duration // server: 0 if not known
}

// exchange runs one phase.
func exchange(ctx context.Context, g *load.Group, server *watch.Server, run load.Run) (e exchanged) {
	ourBefore, before := proc.OwnCPU(), server.CPU()
	ph := g.Start(run)
	stop := report.Progress(func() string {
		return fmt.Sprintf("exchanging messages: %s", report.Count(ph.Answered()))
	})
	defer stop()
	e.Result = ph.Wait(ctx)
	e.client, e.server = proc.OwnCPU()-ourBefore, server.CPU()-before
	ph.Stop()
	return e
}

// hold keeps the connections as they are.
func hold(ctx context.Context, g *load.Group, d time.Duration) {
	end := time.Now().Add(d)
	stop := report.Progress(func() string {
		return fmt.Sprintf("holding %s for %v", report.Plural(g.Open(), "connection"), time.Until(end).Round(time.Second))
	})
	defer stop()
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
