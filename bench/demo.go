package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/codec"
)

// What the demo holds the server to.
const (
	demoConns      = 15_000 // if the descriptor limit allows them
	spareFiles     = 500    // of the descriptor limit, left free
	loadedConns    = 1000
	idleTarget     = 128  // bytes of RSS for an idle connection
	idleLimit      = 256  // beyond it the demo fails
	memoryConns    = 5000 // with fewer, what a server needs once hides what each costs
	moreGoroutines = 8    // that may come and go, whatever the number of connections
)

type demoConfig struct {
	echo     string
	conns    int
	duration time.Duration
}

func parseDemo(args []string) (cfg demoConfig, err error) {
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.StringVar(&cfg.echo, "echo", "", "`path` of the built examples/echo")
	f.IntVar(&cfg.conns, "conns", 0, "`number` of connections (default: 15,000, or what the descriptor limit allows)")
	f.DurationVar(&cfg.duration, "duration", 10*time.Second, "how much `time` to load")
	if err := parse(f, args); err != nil {
		return cfg, err
	}
	if cfg.echo == "" {
		return cfg, usageError{errors.New("demo needs -echo, the path of the built echo server")}
	}
	if err := cmp.Or(within("-conns", cfg.conns, 0, load.MaxConns), lasting("-duration", cfg.duration)); err != nil {
		return cfg, usageError{err}
	}
	limit, err := proc.Files()
	if err != nil {
		return cfg, err
	}
	if cfg.conns == 0 {
		cfg.conns = min(limit-spareFiles, demoConns)
	}
	if cfg.conns < 1 {
		return cfg, proc.NeedFiles(spareFiles + memoryConns)
	}
	return cfg, proc.NeedFiles(cfg.conns + otherFiles)
}

func runDemo(ctx context.Context, args []string) error {
	cfg, err := parseDemo(args)
	if err != nil {
		return err
	}
	d, err := startDemo(cfg)
	if err != nil {
		return err
	}
	d.hold(ctx)
	d.load(ctx)
	d.end()
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return d.verdict(os.Stdout)
}

// demo is a demonstration under way.
type demo struct {
	*trial
	demoConfig
	options load.Options
	group   *load.Group
}

func startDemo(cfg demoConfig) (*demo, error) {
	t, err := startTrial(cfg.echo)
	if err != nil {
		return nil, err
	}
	d := &demo{trial: t, demoConfig: cfg}
	d.options = load.Options{URL: t.url("/"), Conns: cfg.conns, Parallel: 64, MaxSize: 1024, MaxDepth: 1}
	if d.group, err = load.New(d.options); err != nil {
		return nil, errors.Join(err, t.program.Stop(time.Second))
	}
	fmt.Printf("The echo server runs as process %d at %s.\n", t.program.PID(), d.options.URL)
	return d, nil
}

// hold shows what idle connections cost.
func (d *demo) hold(ctx context.Context) {
	fmt.Printf("\n1. %s are opened; each echoes 1 KiB and is then idle.\n", report.Plural(d.conns, "connection"))
	if err := warmUp(ctx, d.options, 1024); err != nil {
		d.check(false, "%v", err)
	}
	s := result.Server{Before: d.snapshot()}
	opened := d.dial(ctx)
	e := d.exchange(ctx, load.Run{Size: 1024, Depth: 1, Messages: 1, Duration: 30 * time.Second})
	s.After = d.snapshot()
	if n := d.group.Open(); n > 0 {
		s.RSSPerConn = (s.After.RSS - s.Before.RSS) / int64(n)
	}
	report.Lines(os.Stdout, [][2]string{
		{"opened", fmt.Sprintf("%s in %s", report.Count(d.group.Open()), report.Duration(opened.Elapsed))},
		{"messages", fmt.Sprintf("%s, each compared byte for byte", report.Count(e.Messages))},
		{"server RSS", report.Memory(&s) + fmt.Sprintf("; the target is %d B, the demo fails beyond %d B", idleTarget, idleLimit)},
		{"goroutines", report.Grown(s.Before.Goroutines, s.After.Goroutines, report.Count) + "   (a connection has none of its own)"},
		{"threads", report.Grown(s.Before.Threads, s.After.Threads, report.Count)},
	})
	d.check(d.group.Open() == d.conns, "%d of %d connections are open", d.group.Open(), d.conns)
	d.check(e.Messages == uint64(d.conns), "%d of %d messages came back", e.Messages, d.conns)
	d.check(s.After.Goroutines-s.Before.Goroutines <= moreGoroutines, "goroutines grew from %d to %d", s.Before.Goroutines, s.After.Goroutines)
	d.checkMemory(&s)
}

// dial opens the connections.
func (d *demo) dial(ctx context.Context) result.Outcome {
	defer report.Progress(func() string {
		return fmt.Sprintf("opening connections: %s of %s", report.Count(d.group.Open()), report.Count(d.conns))
	})()
	return d.group.Dial(ctx)
}

// exchange exchanges messages.
func (d *demo) exchange(ctx context.Context, run load.Run) result.Outcome {
	before := d.group.Sample().Messages
	defer report.Progress(func() string {
		return "exchanging messages: " + report.Count(d.group.Sample().Messages-before)
	})()
	return d.group.Exchange(ctx, run)
}

func (d *demo) checkMemory(s *result.Server) {
	if d.conns < memoryConns {
		fmt.Printf("  With fewer than %s connections their memory is not told apart from the server's own.\n", report.Count(memoryConns))
		return
	}
	d.check(s.After.RSS > 0 && s.RSSPerConn <= idleLimit, "an idle connection costs %d B, more than twice the target", s.RSSPerConn)
}

// load shows what messages cost.
func (d *demo) load(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	n := min(d.conns, loadedConns)
	fmt.Printf("\n2. %s of them echo 125 B for %v, each as soon as its last reply is there.\n", report.Count(n), d.duration)
	before := d.server.CPU()
	e := d.exchange(ctx, load.Run{Conns: n, Size: 125, Depth: 1, Duration: d.duration})
	used := d.server.CPU() - before
	report.Lines(os.Stdout, [][2]string{
		{"messages", fmt.Sprintf("%s, each compared byte for byte", report.Count(e.Messages))},
		{"rate", report.Count(int64(float64(e.Messages)/e.Elapsed.Seconds())) + "/s   (this client uses the same processors)"},
		{"latency", report.Latencies(e.Latency)},
		{"server CPU", report.Processors(used, &result.Report{Load: e})},
	})
	d.check(e.Messages > 0, "no messages came back")
	d.check(d.group.Open() == d.conns, "%d of %d connections are still open", d.group.Open(), d.conns)
}

// end shows how the server goes away.
func (d *demo) end() {
	n := d.group.Open()
	fmt.Print("\n3. The server gets SIGTERM: it closes each connection with 1001, going away.\n")
	d.group.ExpectClose(codec.CloseGoingAway)
	began := time.Now()
	err := d.program.Stop(15 * time.Second)
	took := time.Since(began)
	d.group.Wait()
	report.Lines(os.Stdout, [][2]string{
		{"closed", fmt.Sprintf("%s in %s", report.Count(n-d.group.Open()), report.Duration(took))},
	})
	d.check(err == nil, "the server ended with %v", err)
	report.Errors(os.Stdout, d.group.Errors.Kinds())
	d.check(d.group.Errors.Total() == 0, "%s", report.Plural(d.group.Errors.Total(), "error"))
}
