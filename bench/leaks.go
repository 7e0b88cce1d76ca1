package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/leak"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

type leaksConfig struct {
	echo     string
	messages uint64
	leak.Options
}

func parseLeaks(args []string) (cfg leaksConfig, err error) {
	f := flag.NewFlagSet("leaks", flag.ContinueOnError)
	f.StringVar(&cfg.echo, "echo", "", "`path` of the built examples/echo")
	f.Uint64Var(&cfg.messages, "messages", 100_000_000, "`number` of messages to verify in all")
	f.IntVar(&cfg.Conns, "conns", 200, "`number` of connections open at a time")
	f.IntVar(&cfg.Depth, "depth", 32, "`number` of messages outstanding on each connection")
	f.IntVar(&cfg.Threads, "threads", max(runtime.NumCPU()/2, 1), "`number` of threads of this client")
	f.IntVar(&cfg.Life, "life", 500, "`number` of messages until another connection takes the place, on average")
	f.Uint64Var(&cfg.Seed, "seed", 1, "`number` that fragments, pings and ends depend on")
	f.DurationVar(&cfg.Patience, "patience", 30*time.Second, "how long the server may leave a connection waiting")
	if err := parse(f, args); err != nil {
		return cfg, err
	}
	if cfg.echo == "" || cfg.messages < leastMessages {
		return cfg, usageError{fmt.Errorf("leaks needs -echo, the path of the built echo server, and at least %d messages", leastMessages)}
	}
	if err := cmp.Or(within("-conns", cfg.Conns, 8, 1<<16), within("-threads", cfg.Threads, 1, cfg.Conns)); err != nil {
		return cfg, usageError{err}
	}
	if _, err := leak.New(cfg.Options); err != nil {
		return cfg, usageError{err}
	}
	return cfg, proc.NeedFiles(cfg.Conns + otherFiles)
}

// leastMessages are enough for each part to have some.
const leastMessages = 1000

// leakPart is a part of the run, with a server of its own.
type leakPart struct {
	name      string
	percent   uint64 // of the messages
	server    []string
	broadcast bool
}

var leakParts = []leakPart{
	{"echo, handlers on the loops", 50, nil, false},
	{"echo, handlers on workers", 35, []string{"-workers", "8"}, false},
	{"broadcast", 10, []string{"-broadcast"}, true},
	{"broadcast, handlers on workers", 5, []string{"-broadcast", "-workers", "8"}, true},
}

// runLeaks looks for bytes of one connection that reach another.
func runLeaks(ctx context.Context, args []string) error {
	cfg, err := parseLeaks(args)
	if err != nil {
		return err
	}
	began := time.Now()
	var all leak.Result
	for i, part := range leakParts {
		if ctx.Err() != nil {
			break
		}
		fmt.Printf("%d. %s\n", i+1, part.name)
		r, err := cfg.run(ctx, part)
		if err != nil {
			return err
		}
		all.Messages += r.Messages
		all.Conns += r.Conns
		all.Faults += r.Faults
	}
	fmt.Printf("\n%s on %s in %v: %s.\n", report.Plural(int(all.Messages), "message"), report.Plural(int(all.Conns), "connection"),
		time.Since(began).Round(time.Second), report.Plural(all.Faults, "fault"))
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted")
	case all.Faults > 0 || all.Messages < cfg.messages:
		return errFailed
	}
	return nil
}

// run carries a part out and tells of it.
func (cfg leaksConfig) run(ctx context.Context, part leakPart) (leak.Result, error) {
	program, err := proc.Start(cfg.echo, part.server...)
	if err != nil {
		return leak.Result{}, err
	}
	o := cfg.Options
	o.Addr, o.Broadcast = program.Addr, part.broadcast
	o.Messages = (cfg.messages*part.percent + 99) / 100
	r, err := leak.New(o)
	if err != nil {
		return leak.Result{}, errors.Join(err, program.Stop(time.Second))
	}
	began := time.Now()
	stop := report.ProgressLog(func() string {
		g := report.Gauge{Doing: "verifying", Done: int(r.Verified()), Total: int(o.Messages), Errors: r.Faults()}
		g.Rate = float64(g.Done) / time.Since(began).Seconds()
		return g.String()
	})
	result, err := r.Do(ctx)
	stop()
	tellLeaks(result, time.Since(began))
	return result, errors.Join(err, program.Stop(15*time.Second))
}

// tellLeaks tells what a part came to.
func tellLeaks(r leak.Result, took time.Duration) {
	report.Lines(os.Stdout, [][2]string{
		{"verified", fmt.Sprintf("%s of %s, and %s, in %v   (%s/s)", report.Plural(int(r.Messages), "message"), report.Bytes(int64(r.Bytes)),
			report.Plural(int(r.Pongs), "pong"), took.Round(time.Second), report.Count(int64(float64(r.Messages)/took.Seconds())))},
		{"opened", report.Plural(int(r.Conns), "connection") + ends(r.Ends)},
		{"faults", report.Count(r.Faults)},
	})
	for _, text := range r.Examples {
		fmt.Println("    -", text)
	}
	if n := r.Faults - len(r.Examples); n > 0 {
		fmt.Println("    - and", report.Count(n), "more")
	}
}

// ends tells how connections have ended.
func ends(kinds map[string]int) (text string) {
	for _, name := range leak.Ends {
		if n := kinds[name]; n > 0 {
			text += fmt.Sprintf("; %s %s", report.Count(n), name)
		}
	}
	return text
}
