package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/compare"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

type compareConfig struct {
	compare.Plan
	cells []compare.Cell
	out   compareOutput
}

func parseCompare(args []string) (cfg compareConfig, err error) {
	cpus, err := proc.CPUs()
	if err != nil {
		return cfg, err
	}
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	peers := f.String("peers", strings.Join(compare.Names(), ","), "`names` of the servers; the others are measured by the first; one named twice shows the error of measurement")
	cells := f.String("cells", compare.DefaultCells, "`cells` to measure: names of sets, or KIND:CONNECTIONS:SIZE[:DEPTH], KIND being echo, broadcast, setup, idle, deflate-json, deflate-text or idle-deflate; the set deflate has the last three")
	quick := f.Bool("quick", false, "one short round, to see that it works: its figures mean little")
	f.IntVar(&cfg.Rounds, "rounds", 5, "how often each server is measured")
	f.DurationVar(&cfg.Duration, "duration", 1500*time.Millisecond, "measured time of each round")
	f.DurationVar(&cfg.Warmup, "warmup", 300*time.Millisecond, "load before the measured time")
	f.IntVar(&cfg.CPU, "cpu", cpus[len(cpus)-1], "`processor` on which client and server take turns")
	f.StringVar(&cfg.Bin, "bin", "", "`folder` of the built peers; by default they are built first, which needs this project and Go")
	cfg.out.flags(f)
	if err := parse(f, args); err != nil {
		return cfg, err
	}
	if *quick {
		cfg.Rounds, cfg.Duration, cfg.Warmup = 1, 200*time.Millisecond, 50*time.Millisecond
	}
	if !slices.Contains(cpus, cfg.CPU) {
		return cfg, usageError{fmt.Errorf("-cpu %d: this process may run on %v", cfg.CPU, cpus)}
	}
	return cfg, cfg.check(*peers, *cells)
}

// check completes the configuration from its lists.
func (cfg *compareConfig) check(peers, cells string) (err error) {
	if cfg.Rounds < 1 || cfg.Duration <= 0 {
		return usageError{errors.New("at least one round of some time is needed")}
	}
	if cfg.Peers, err = compare.Find(strings.Split(peers, ",")); err != nil {
		return usageError{err}
	}
	if cfg.cells, err = compare.ParseCells(cells); err != nil {
		return usageError{err}
	}
	return cfg.out.check()
}

func runCompare(ctx context.Context, args []string) error {
	cfg, err := parseCompare(args)
	if err != nil {
		return err
	}
	if cfg.Files, err = proc.Files(); err != nil {
		return err
	}
	if cfg.Client, err = os.Executable(); err != nil {
		return err
	}
	if cfg.Bin == "" {
		if err := cfg.build(ctx); err != nil {
			return err
		}
		defer os.RemoveAll(cfg.Bin)
	}
	outcome, err := cfg.outcome(args)
	if err != nil {
		return err
	}
	cfg.out.begin(&cfg.Plan)
	err = cfg.measure(ctx, outcome)
	if ctx.Err() != nil {
		outcome.Interrupted = true
		err = errors.New("interrupted: not every table is here, nor every round")
	}
	return errors.Join(cfg.out.end(outcome), err)
}

// build builds the peers into a new folder.
func (cfg *compareConfig) build(ctx context.Context) error {
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	root, err := compare.Root(here)
	if err != nil {
		return err
	}
	if cfg.Bin, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	if err = compare.Build(ctx, root, cfg.Bin, cfg.Peers); err != nil {
		os.RemoveAll(cfg.Bin)
	}
	return err
}

// outcome is one without tables.
func (cfg *compareConfig) outcome(args []string) (*compare.Outcome, error) {
	o := &compare.Outcome{
		Started:  time.Now(),
		Machine:  proc.Machine(),
		Command:  strings.Join(append([]string{"bench", "compare"}, args...), " "),
		Duration: cfg.Duration,
	}
	for _, p := range cfg.Peers {
		version, err := p.Version(cfg.Bin)
		if err != nil {
			return nil, err
		}
		o.Peers = append(o.Peers, compare.Version{Name: p.Name, Version: version, How: p.How})
	}
	return o, nil
}

// measure measures one cell after the other, and tells of each at once.
func (cfg *compareConfig) measure(ctx context.Context, o *compare.Outcome) error {
	var all time.Duration
	for _, cell := range cfg.cells {
		all += cfg.Takes(cell)
	}
	pace := newPace(all)
	cfg.Step = pace.step
	for _, cell := range cfg.cells {
		stop := report.Progress(pace.String)
		table, err := cfg.Measure(ctx, cell)
		stop()
		if table != nil {
			o.Tables = append(o.Tables, table)
			cfg.out.table(table)
		}
		if err != nil {
			return fmt.Errorf("%v: %w", cell, err)
		}
	}
	return nil
}
