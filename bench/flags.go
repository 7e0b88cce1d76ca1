package main

import (
	"cmp"
	"flag"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/budget"
	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// config is what the flags say that all loads have.
type config struct {
	load.Options
	size      int
	procs     int // 0: as many as the limit of descriptors asks for
	serverPID int
	debug     string
	interval  time.Duration
	budgets   budget.Budgets
	html      string
	pprof     string
	json      bool
	progress  bool
	force     bool
}

// newFlags declares the flags that all loads have.
func newFlags(mode string) (*flag.FlagSet, *config) {
	f, cfg := flag.NewFlagSet(mode, flag.ContinueOnError), &config{interval: time.Second}
	cfg.serverFlags(f)
	cfg.reportFlags(f)
	return f, cfg
}

// serverFlags declares what leads to the server.
func (cfg *config) serverFlags(f *flag.FlagSet) {
	f.StringVar(&cfg.URL, "url", "ws://127.0.0.1:8080/", "`URL` of the server, ws://host:port/path")
	f.IntVar(&cfg.procs, "procs", 0, "`number` of processes that share the connections (default: as many as their descriptors ask for)")
	f.StringVar((*string)(&cfg.Spread), "spread", "", "`ends` whose addresses in 127.0.0.0/8 connections are spread over: source, destination or both (default: source)")
	f.IntVar(&cfg.Parallel, "parallel", 64, "`number` of connections that are opened at a time in each process")
	f.Float64Var(&cfg.Rate, "dial-rate", 0, "`number` of connections begun in a second (default: as many as can be)")
	f.IntVar(&cfg.serverPID, "server-pid", 0, "`process` of the server (default: found if it is on this machine)")
	f.StringVar(&cfg.debug, "debug", "", "`URL` of the server's -pprof address, for its goroutines, and memory after a forced collection")
}

// reportFlags declares what becomes of the results.
func (cfg *config) reportFlags(f *flag.FlagSet) {
	f.DurationVar(&cfg.interval, "interval", cfg.interval, "`time` between two points of the report's series")
	f.Var(&cfg.budgets, "require", "`budgets` such as p99<50ms,errors=0,rss_per_conn<128; the exit status is 1 if one is not met")
	f.StringVar(&cfg.html, "html", "", "`file` for the report as a page with charts")
	f.BoolVar(&cfg.json, "json", false, "report in JSON; durations are in nanoseconds")
	f.StringVar(&cfg.pprof, "pprof", "", "`address` for net/http/pprof of this process (default: none)")
	f.BoolVar(&cfg.progress, "progress", false, "write progress to standard error also if that is no terminal")
	f.BoolVar(&cfg.force, "force", false, "run even if the machine seems not to allow it")
}

// connFlags declares the flags of loads whose connections are all alike.
func (cfg *config) connFlags(f *flag.FlagSet, conns int) {
	f.IntVar(&cfg.Conns, "conns", conns, "`number` of connections")
	f.IntVar(&cfg.size, "size", 125, "`length` of a message's payload, in bytes")
}

// parse reads the flags, and whatever a mode's check says of its own.
func (cfg *config) parse(f *flag.FlagSet, args []string, check func() error) error {
	if err := parse(f, args); err != nil {
		return err
	}
	if err := cmp.Or(check(), cfg.check()); err != nil {
		return usageError{err}
	}
	cfg.MaxSize, cfg.MaxDepth = max(cfg.MaxSize, cfg.size), max(cfg.MaxDepth, 1)
	if _, err := load.New(cfg.Options); err != nil {
		return usageError{err}
	}
	return nil
}

// settings makes a report's settings of pairs of a name and a value; those
// without a value are left out.
func settings(pairs ...string) (all []result.Setting) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			all = append(all, result.Setting{Name: pairs[i], Value: pairs[i+1]})
		}
	}
	return all
}
