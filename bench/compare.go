package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/compare"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

type compareConfig struct {
	compare.Plan
	json bool
}

func parseCompare(args []string) (cfg compareConfig, err error) {
	cpu, err := proc.LastCPU()
	if err != nil {
		return cfg, err
	}
	var names []string
	for _, p := range compare.Peers {
		names = append(names, p.Name)
	}
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	peers := f.String("peers", strings.Join(names, ","), "`names` of the servers; the others are measured by the first; one named twice shows the error of measurement")
	sizes := f.String("sizes", "125,1024", "payloads of a message, in `bytes`")
	conns := f.String("conns", "100,1000", "`numbers` of connections")
	depths := f.String("depths", "1", "`numbers` of messages outstanding on each connection")
	f.IntVar(&cfg.Rounds, "rounds", 7, "how often each server is measured")
	f.DurationVar(&cfg.Duration, "duration", 3*time.Second, "measured time of each round")
	f.DurationVar(&cfg.Warmup, "warmup", 300*time.Millisecond, "load before the measured time")
	f.IntVar(&cfg.CPU, "cpu", cpu, "`processor` on which client and server take turns")
	f.BoolVar(&cfg.json, "json", false, "report in JSON, every round included")
	if err := parse(f, args); err != nil {
		return cfg, err
	}
	if cfg.Rounds < 1 || cfg.Duration <= 0 {
		return cfg, usageError{errors.New("at least one round of some time is needed")}
	}
	if cfg.Peers, err = compare.Find(strings.Split(*peers, ",")); err != nil {
		return cfg, usageError{err}
	}
	cfg.Cells, err = cells(*sizes, *conns, *depths)
	return cfg, err
}

// cells combines each size with each number of connections and each depth.
func cells(sizes, conns, depths string) (all []compare.Cell, err error) {
	numbers := func(list string) (n []int) {
		for s := range strings.SplitSeq(list, ",") {
			i, wrong := strconv.Atoi(s)
			if wrong != nil || i < 0 {
				err = usageError{fmt.Errorf("%q is no list of numbers", list)}
			}
			n = append(n, i)
		}
		return n
	}
	for _, size := range numbers(sizes) {
		for _, c := range numbers(conns) {
			for _, depth := range numbers(depths) {
				all = append(all, compare.Cell{Size: size, Conns: c, Depth: depth})
			}
		}
	}
	return all, err
}

func runCompare(ctx context.Context, args []string) error {
	cfg, err := parseCompare(args)
	if err != nil {
		return err
	}
	bin, err := cfg.build(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(bin)
	if !cfg.json {
		cfg.explain()
	}
	var tables []compare.Table
	for _, cell := range cfg.Cells {
		table, err := cfg.measure(ctx, cell)
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if err != nil {
			return err
		}
		tables = append(tables, table)
		if !cfg.json {
			fmt.Printf("\n%v\n", cell)
			report.Table(os.Stdout, table.Text())
		}
	}
	if cfg.json {
		return json.NewEncoder(os.Stdout).Encode(tables)
	}
	return nil
}

// build builds the peers into a new folder.
func (cfg *compareConfig) build(ctx context.Context) (bin string, err error) {
	if cfg.Client, err = os.Executable(); err != nil {
		return "", err
	}
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	root, err := compare.Root(here)
	if err != nil {
		return "", err
	}
	if cfg.Bin, err = os.MkdirTemp("", "bench"); err != nil {
		return "", err
	}
	if err = compare.Build(ctx, root, cfg.Bin, cfg.Peers); err != nil {
		os.RemoveAll(cfg.Bin)
	}
	return cfg.Bin, err
}

func (cfg *compareConfig) explain() {
	fmt.Printf(`Each server takes turns with the same client on processor %d: %s.
Medians of %s of %v, in brackets the least and the greatest. CPU is time a
message. server/client is the server's CPU time by the client's, which cancels
the machine's changes of speed; the last column is that, by %s's in the same round.
`, cfg.CPU, proc.Machine(), report.Plural(cfg.Rounds, "round"), cfg.Duration, cfg.Peers[0].Name)
}

func (cfg *compareConfig) measure(ctx context.Context, cell compare.Cell) (compare.Table, error) {
	var now atomic.Value
	now.Store("")
	defer report.Progress(func() string { return now.Load().(string) })()
	return cfg.Run(ctx, cell, func(what string) { now.Store(what) })
}
