package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
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
	conns := f.String("conns", "100", "`numbers` of connections under load; empty: no load")
	depths := f.String("depths", "1", "`numbers` of messages outstanding on each connection")
	idle := f.String("idle", "5000", "`numbers` of idle connections whose memory is measured; empty: none")
	f.IntVar(&cfg.Rounds, "rounds", 5, "how often each server is measured")
	f.DurationVar(&cfg.Duration, "duration", 1500*time.Millisecond, "measured time of each round")
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
	if cfg.Cells, err = cells(*sizes, *conns, *depths); err != nil {
		return cfg, err
	}
	cfg.Idle, err = numbers(*idle)
	return cfg, err
}

// cells combines each size with each number of connections and each depth.
func cells(sizes, conns, depths string) (all []compare.Cell, err error) {
	size, err1 := numbers(sizes)
	conn, err2 := numbers(conns)
	depth, err3 := numbers(depths)
	for _, s := range size {
		for _, c := range conn {
			for _, d := range depth {
				all = append(all, compare.Cell{Size: s, Conns: c, Depth: d})
			}
		}
	}
	return all, cmp.Or(err1, err2, err3)
}

// numbers reads numbers with commas between them, or none.
func numbers(list string) (all []int, err error) {
	if list == "" {
		return nil, nil
	}
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return nil, usageError{fmt.Errorf("%q is no list of numbers", list)}
		}
		all = append(all, n)
	}
	return all, nil
}

// needFiles fails if a server could not have all connections open.
func (cfg *compareConfig) needFiles() error {
	most := slices.Max(append(cfg.Idle, 0))
	for _, cell := range cfg.Cells {
		most = max(most, cell.Conns)
	}
	return proc.NeedFiles(compare.Files(cfg.Peers, most))
}

// compareReport is the outcome of compare, as JSON has it.
type compareReport struct {
	Load []compare.Table     `json:"load"`
	Idle []compare.IdleTable `json:"idle"`
}

func runCompare(ctx context.Context, args []string) error {
	cfg, err := parseCompare(args)
	if err != nil {
		return err
	}
	if err := cfg.needFiles(); err != nil {
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
	r, err := cfg.measure(ctx)
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if err != nil || !cfg.json {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// measure measures one cell after the other, and tells of each at once.
func (cfg *compareConfig) measure(ctx context.Context) (r compareReport, err error) {
	for _, cell := range cfg.Cells {
		table, err := shown(func(doing func(string)) (compare.Table, error) { return cfg.Run(ctx, cell, doing) })
		if err != nil {
			return r, err
		}
		r.Load = append(r.Load, table)
		cfg.tell(cell.String(), table.Text())
	}
	for _, n := range cfg.Idle {
		table, err := shown(func(doing func(string)) (compare.IdleTable, error) { return cfg.RunIdle(ctx, n, doing) })
		if err != nil {
			return r, err
		}
		r.Idle = append(r.Idle, table)
		cfg.tell(table.String(), table.Text())
	}
	return r, nil
}

func (cfg *compareConfig) tell(title string, rows [][]string) {
	if !cfg.json {
		fmt.Printf("\n%s\n", title)
		report.Table(os.Stdout, rows)
	}
}

// shown shows what run is doing.
func shown[T any](run func(doing func(string)) (T, error)) (T, error) {
	var now atomic.Value
	now.Store("")
	defer report.Progress(func() string { return now.Load().(string) })()
	return run(func(what string) { now.Store(what) })
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
Medians of %s, in brackets the least and the greatest; load lasts %v.
CPU is time a message. server/client is the server's CPU time by the client's,
which cancels the machine's changes of speed; the last column is that, by %s's
in the same round. RSS is resident memory after a garbage collection.
`, cfg.CPU, proc.Machine(), report.Plural(cfg.Rounds, "round"), cfg.Duration, cfg.Peers[0].Name)
}
