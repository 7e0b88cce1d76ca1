package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/attack"
	"github.com/sockeye-ws/sockeye/bench/internal/compare"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

type attacksConfig struct {
	echo    string
	servers []besieged
	peers   []compare.Peer
	bin     string
	attacks []*attack.Attack
	quick   bool
	times   attackTimes
	server  []int // its processors; nil for all
	out     attacksOutput
}

// attackTimes are those of one attack.
type attackTimes struct {
	calm   time.Duration // neighbours alone, before the attack and after it
	attack time.Duration // until the memory is looked at
	memory time.Duration // in which it is looked at
}

var (
	attackFull  = attackTimes{3 * time.Second, 5 * time.Second, 3 * time.Second}
	attackQuick = attackTimes{200 * time.Millisecond, 500 * time.Millisecond, 200 * time.Millisecond}
	attackPeers = attackTimes{200 * time.Millisecond, time.Second, time.Second}
)

// fill is how long it takes until a slow reader's socket and queue are full.
const fill = 4 * time.Second

// of gives the times of one attack.
func (t attackTimes) of(a *attack.Attack) attackTimes {
	if a.Fanout {
		t.attack = max(t.attack, fill)
	}
	return t
}

func (t attackTimes) all() time.Duration { return 2*t.calm + t.attack + t.memory + time.Second }

func parseAttacks(args []string) (cfg attacksConfig, err error) {
	f := flag.NewFlagSet("attacks", flag.ContinueOnError)
	f.StringVar(&cfg.echo, "echo", "", "`path` of the built examples/echo")
	peers := f.String("peers", "", "`names` of servers to compare, as in bench compare, instead of -echo; latencies are then not judged, nor the servers")
	f.StringVar(&cfg.bin, "bin", "", "`folder` of the built peers; by default they are built first, which needs this project and Go")
	only := f.String("only", "", "`names` of attacks, with commas between (default: all)")
	list := f.Bool("list", false, "tell what attacks there are")
	f.BoolVar(&cfg.quick, "quick", false, "attack for less than a second each; latencies are then not judged")
	cfg.out.flags(f)
	if err := parse(f, args); err != nil {
		return cfg, err
	}
	if *list {
		for _, a := range attack.All {
			fmt.Printf("%-18s %s\n", a.Name, a.Does)
		}
		return cfg, flag.ErrHelp
	}
	if cfg.attacks, err = attack.Find(strings.FieldsFunc(*only, isComma)); err != nil {
		return cfg, usageError{err}
	}
	if cfg.peers, err = compare.Find(strings.FieldsFunc(*peers, isComma)); err != nil {
		return cfg, usageError{err}
	}
	if (cfg.echo == "") == (cfg.peers == nil) {
		return cfg, usageError{errors.New("attacks needs either -echo, the path of the built echo server, or -peers")}
	}
	switch {
	case cfg.peers != nil:
		cfg.times = attackPeers
	case cfg.quick:
		cfg.times = attackQuick
	default:
		cfg.times = attackFull
	}
	return cfg, cfg.out.check()
}

// hurried tells that latencies mean nothing.
func (cfg *attacksConfig) hurried() bool { return cfg.quick || cfg.peers != nil }

func isComma(r rune) bool { return r == ',' }

func runAttacks(ctx context.Context, args []string) error {
	cfg, err := parseAttacks(args)
	if err != nil {
		return err
	}
	if _, err := proc.Files(); err != nil {
		return err
	}
	tidy, err := cfg.chooseServers(ctx)
	if err != nil {
		return err
	}
	defer tidy()
	if !cfg.hurried() {
		if err := cfg.divide(); err != nil {
			return err
		}
	}
	cfg.out.begin(&cfg, args)
	err = cfg.attackAll(ctx)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if err := errors.Join(err, cfg.out.end()); err != nil || cfg.peers != nil {
		return err
	}
	return cfg.out.verdict(os.Stdout)
}

func (cfg *attacksConfig) attackAll(ctx context.Context) error {
	p := newPace(time.Duration(len(cfg.attacks)*len(cfg.servers)) * cfg.times.all())
	for _, a := range cfg.attacks {
		for _, server := range cfg.servers {
			if server.leavesOut(a) {
				continue
			}
			p.step(fmt.Sprintf("%s: %s %s", server.name, a.Name, a.Does), cfg.times.all())
			stop := report.Progress(p.String)
			row, err := cfg.besiegeAgain(ctx, a, server)
			stop()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil && cfg.peers == nil {
				return fmt.Errorf("%s: %w", a.Name, err)
			} else if err != nil {
				row.Missed = append(row.Missed, "no measurement: "+err.Error())
			}
			cfg.out.row(row)
		}
	}
	return nil
}

// divide leaves a processor to the server alone, if there are several: else it
// would compete with its own clients, which no server can help.
func (cfg *attacksConfig) divide() error {
	cpus, err := proc.CPUs()
	if err != nil || len(cpus) == 1 {
		return err
	}
	last := len(cpus) - 1
	cfg.server = cpus[last:]
	return proc.Bind(cpus[:last])
}

// apart calls f, which starts the server, where that is to run.
func (cfg *attacksConfig) apart(f func() error) error {
	if cfg.server == nil {
		return f()
	}
	return proc.Bound(cfg.server, f)
}
