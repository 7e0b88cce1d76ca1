package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	pprof "github.com/google/pprof/profile"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/profile"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

const (
	profiledConns = 100 // under load while processor time is profiled
	profiledSize  = 125
)

type profileConfig struct {
	echo, dir string
	idle      int
	duration  time.Duration
}

func parseProfile(args []string) (cfg profileConfig, err error) {
	f := flag.NewFlagSet("profile", flag.ContinueOnError)
	f.StringVar(&cfg.echo, "echo", "", "`path` of the built examples/echo")
	f.StringVar(&cfg.dir, "dir", "bin/profile", "`folder` for the profiles and their flame graphs")
	f.IntVar(&cfg.idle, "idle", 10_000, "`number` of connections while memory is profiled")
	f.DurationVar(&cfg.duration, "duration", 10*time.Second, "`time` for which the processor is profiled, in whole seconds")
	if err := parse(f, args); err != nil {
		return cfg, err
	}
	if cfg.echo == "" {
		return cfg, usageError{errors.New("profile needs -echo, the path of the built echo server")}
	}
	if err := cmp.Or(within("-idle", cfg.idle, 1, load.MaxConns), within("-duration", cfg.duration, time.Second, load.MaxDuration)); err != nil {
		return cfg, usageError{err}
	}
	return cfg, proc.NeedFiles(cfg.idle + otherFiles)
}

// runProfile tells where an echo server's time goes under load, and what its
// heap holds for idle connections.
func runProfile(ctx context.Context, args []string) error {
	cfg, err := parseProfile(args)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.dir, 0o755); err != nil {
		return err
	}
	p, err := startProfiled(cfg)
	if err != nil {
		return err
	}
	err = p.processorTime(ctx)
	if err == nil {
		err = p.memory(ctx)
	}
	return errors.Join(err, p.program.Stop(10*time.Second))
}

// profiled is a server that is profiled.
type profiled struct {
	profileConfig
	program *proc.Server
	debug   string // its -pprof address
}

func startProfiled(cfg profileConfig) (*profiled, error) {
	debug, err := freeAddr()
	if err != nil {
		return nil, err
	}
	// The server shall sample every allocation. What is profiled under load
	// allocates nothing, so that this does not show.
	os.Setenv("GODEBUG", os.Getenv("GODEBUG")+",memprofilerate=1")
	program, err := proc.Start(cfg.echo, "-pprof", debug)
	return &profiled{cfg, program, debug}, err
}

// processorTime tells where it goes while the server is under load.
func (p *profiled) processorTime(ctx context.Context) error {
	fmt.Printf("Where the server's processor time goes in %v, while %d connections echo %d B:\n",
		p.duration, profiledConns, profiledSize)
	cpu, err := p.cpu(ctx)
	if err != nil {
		return err
	}
	rows := [][]string{{"part", "share", "time"}}
	for _, part := range profile.Attribute(cpu, profile.CPUPart) {
		rows = append(rows, []string{part.Name, share(part), report.Duration(time.Duration(part.Value))})
	}
	report.Table(os.Stdout, rows)
	return p.write(cpu, "cpu")
}

func (p *profiled) cpu(ctx context.Context) (*pprof.Profile, error) {
	g, err := p.open(ctx, profiledConns)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	loading, stop := context.WithCancel(ctx)
	loaded := make(chan result.Outcome, 1)
	go func() {
		loaded <- g.Exchange(loading, load.Run{Size: profiledSize, Depth: 1, Duration: p.duration + time.Minute})
	}()
	cpu, err := profile.CPU(ctx, p.debug, p.duration)
	stop()
	if outcome := <-loaded; err == nil && len(outcome.Errors) > 0 {
		err = fmt.Errorf("the load met errors: %v", outcome.Errors)
	}
	return cpu, err
}

// memory tells what the server's heap grows by for idle connections.
func (p *profiled) memory(ctx context.Context) error {
	fmt.Printf("\nWhat the server's heap grows by for %s:\n", report.Plural(p.idle, "idle connection"))
	before, after, err := p.heaps(ctx)
	if err != nil {
		return err
	}
	grown, err := profile.Grown(before, after)
	if err != nil {
		return err
	}
	rows := [][]string{{"part", "share", "memory", "per connection"}}
	for _, part := range profile.Attribute(grown, profile.HeapPart) {
		each := fmt.Sprintf("%.1f B", float64(part.Value)/float64(p.idle))
		rows = append(rows, []string{part.Name, share(part), report.Bytes(part.Value), each})
	}
	report.Table(os.Stdout, rows)
	return p.write(after, "heap")
}

// heaps takes the heap without connections, and with all of them idle.
func (p *profiled) heaps(ctx context.Context) (before, after *pprof.Profile, err error) {
	if before, err = profile.Heap(ctx, p.debug); err != nil {
		return nil, nil, err
	}
	g, err := p.open(ctx, p.idle)
	if err != nil {
		return nil, nil, err
	}
	defer g.Close()
	after, err = profile.Heap(ctx, p.debug)
	return before, after, err
}

func share(part profile.Part) string { return fmt.Sprintf("%.1f %%", part.Share) }

// open opens connections, each of which echoes once.
func (p *profiled) open(ctx context.Context, conns int) (*load.Group, error) {
	g, err := load.New(load.Options{
		URL: "ws://" + p.program.Addr + "/", Conns: conns, Parallel: 64, MaxSize: profiledSize, MaxDepth: 1,
	})
	if err != nil {
		return nil, err
	}
	g.Dial(ctx)
	g.Exchange(ctx, load.Run{Size: profiledSize, Depth: 1, Messages: 1, Duration: time.Minute})
	if open := g.Open(); open < conns {
		g.Close()
		return nil, cmp.Or(ctx.Err(), fmt.Errorf("%d of %d connections are open: %v", open, conns, g.Errors.Kinds()))
	}
	return g, nil
}

// write writes a profile and says where.
func (p *profiled) write(taken *pprof.Profile, name string) error {
	files, err := profile.Write(taken, p.dir, name)
	if err == nil {
		fmt.Printf("Written: %s\n", strings.Join(files, ", "))
	}
	return err
}
