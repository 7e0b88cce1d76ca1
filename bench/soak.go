package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
)

type soakConfig struct {
	echo     string
	duration time.Duration
	limit    time.Duration // the servers', for each thing they wait for
	patience time.Duration // beyond that
	clients  int
	interval time.Duration
	html     string
	report   string
	scenario load.Scenario
}

func parseSoak(args []string) (cfg soakConfig, err error) {
	f := flag.NewFlagSet("soak", flag.ContinueOnError)
	f.StringVar(&cfg.echo, "echo", "", "`path` of the built examples/echo")
	f.DurationVar(&cfg.duration, "duration", 0, "how much `time` to load (default: the scenario's)")
	f.DurationVar(&cfg.limit, "limit", 10*time.Second, "`time` after which the servers give up what is silent, or does not read")
	f.DurationVar(&cfg.patience, "patience", 30*time.Second, "how much more `time` than that they may take, on a slow machine")
	f.IntVar(&cfg.clients, "faults", 40, "`number` of clients at a time that are at fault, for each server")
	f.DurationVar(&cfg.interval, "interval", 0, "`time` between two points of the charts (default: a 300th of the duration, at least a second)")
	f.StringVar(&cfg.html, "html", "", "`file` for a page with charts")
	f.StringVar(&cfg.report, "report", "", "`file` for the report in JSON; durations are in nanoseconds")
	name := f.String("scenario", "", "`file` with the mixed load, as of bench mixed")
	if err := parse(f, args); err != nil {
		return cfg, err
	}
	if cfg.echo == "" || *name == "" {
		return cfg, usageError{errors.New("soak needs -echo, the path of the built echo server, and -scenario: bench/scenarios/soak.json is one")}
	}
	if cfg.scenario, err = readScenario(*name); err != nil {
		return cfg, usageError{err}
	}
	cfg.duration = cmp.Or(cfg.duration, cfg.scenario.Duration)
	cfg.interval = cmp.Or(cfg.interval, max(cfg.duration/300, time.Second))
	if err := cmp.Or(
		lasting("-duration", cfg.duration), lasting("-limit", cfg.limit), lasting("-patience", cfg.patience),
		lasting("-interval", cfg.interval), within("-faults", cfg.clients, 1, 1000),
	); err != nil {
		return cfg, usageError{err}
	}
	conns := cfg.scenario.Conns() + soakChurners + soakReceivers + 2*cfg.clients
	return cfg, cmp.Or(proc.NeedFiles(conns+otherFiles), checkPage(cfg.html), checkPage(cfg.report))
}

// soak is a run under way.
type soak struct {
	soakConfig
	servers []*soaked
	began   time.Time
	out     soakReport
	failed  []string
}

// soakReport is what a run came to, as JSON has it.
type soakReport struct {
	Machine  string         `json:"machine"`
	Duration time.Duration  `json:"duration_ns"`
	Messages uint64         `json:"messages"` // verified
	Conns    int            `json:"connections"`
	Cut      int            `json:"cut"`    // slow readers, by the server
	Faults   map[string]int `json:"faults"` // of clients, by kind
	Servers  []*soaked      `json:"servers"`
	Errors   map[string]int `json:"errors,omitempty"` // by kind
	Failed   []string       `json:"failed,omitempty"` // checks that did not hold
}

// runSoak loads servers for long, with faults, and looks whether all they use
// returns to where it was.
func runSoak(ctx context.Context, args []string) error {
	cfg, err := parseSoak(args)
	if err != nil {
		return err
	}
	s := &soak{soakConfig: cfg, began: time.Now()}
	s.out = soakReport{Machine: proc.Machine(), Duration: cfg.duration, Faults: map[string]int{}, Errors: map[string]int{}}
	if err := s.start(); err != nil {
		return errors.Join(err, s.stop())
	}
	s.run(ctx)
	s.check(s.stop() == nil, "a server did not end well")
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return s.tell()
}

// start starts the servers: one echoes, its handlers on its loops, the other
// sends to all, its handlers on workers.
func (s *soak) start() error {
	limit := s.limit.String()
	limits := []string{
		"-handshake-timeout", limit, "-idle-timeout", limit, "-write-timeout", limit, "-close-timeout", limit,
		"-max-message-rate", fmt.Sprint(soakMessageRate),
	}
	for _, server := range []struct {
		name string
		args []string
	}{{"echo", nil}, {"broadcast", []string{"-broadcast", "-workers", "4"}}} {
		t, err := startTrial(s.echo, append(server.args, limits...)...)
		if err != nil {
			return err
		}
		s.servers = append(s.servers, &soaked{Name: server.name, trial: t})
	}
	s.out.Servers = s.servers
	return nil
}

func (s *soak) stop() (err error) {
	for _, server := range s.servers {
		err = errors.Join(err, server.trial.program.Stop(30*time.Second))
	}
	return err
}

// run warms the servers up with the load itself, looks at them when all has
// gone, loads them for long, and looks again.
func (s *soak) run(ctx context.Context) {
	warm := min(max(s.duration/10, 2*time.Second), time.Minute)
	fmt.Printf("Two servers, echo and broadcast, are warmed up for %v with what is to come.\n", warm)
	s.load(ctx, warm, "warming up")
	s.settle(ctx, "waiting", func(server *soaked) bool { return server.calm() })
	for _, server := range s.servers {
		server.Before = server.now
	}
	s.out.Messages, s.out.Conns, s.out.Cut, s.out.Faults = 0, 0, 0, map[string]int{}
	fmt.Printf("Then %v: %s in groups, %d that come and go, %d that get broadcasts, and %d at fault.\n",
		s.duration, plural(s.scenario.Conns(), "connection"), soakChurners, soakReceivers, 2*s.clients)
	stop := s.sample()
	s.load(ctx, s.duration, "soaking")
	s.settle(ctx, "returning", func(server *soaked) bool { return len(server.judge()) == 0 })
	stop()
	for _, server := range s.servers {
		server.After = server.now
		for _, text := range server.judge() {
			s.check(false, "%s: %s", server.Name, text)
		}
	}
	for kind, n := range s.out.Errors {
		s.check(false, "%s: %s", plural(n, "error"), kind)
	}
	for _, server := range s.servers {
		s.failed = append(s.failed, server.trial.failed...)
	}
}

func (s *soak) check(held bool, failure string, args ...any) {
	if !held {
		s.failed = append(s.failed, fmt.Sprintf(failure, args...))
	}
}

// write writes the report as JSON, if that is wanted.
func (s *soak) write() error {
	if s.report == "" {
		return nil
	}
	text, err := json.MarshalIndent(&s.out, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(s.report, append(text, '\n'), 0o666)
}
