package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/sockeye-ws/sockeye/bench/internal/attack"
	"github.com/sockeye-ws/sockeye/bench/internal/compare"
	"github.com/sockeye-ws/sockeye/bench/internal/deflating"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// besieged is a server program that is attacked.
type besieged struct {
	name, program string
	peer          bool // one of package peer's, which has no flags for limits
	compresses    bool // if that is asked for
}

// chooseServers gives the servers that are attacked, built if need be. tidy
// removes what was built.
func (cfg *attacksConfig) chooseServers(ctx context.Context) (tidy func(), err error) {
	tidy = func() {}
	if cfg.peers == nil {
		cfg.servers = []besieged{{name: "sockeye", program: cfg.echo}}
		return tidy, nil
	}
	if cfg.bin == "" {
		c := compareConfig{Plan: compare.Plan{Peers: cfg.peers}}
		if err := c.build(ctx); err != nil {
			return tidy, err
		}
		cfg.bin = c.Bin
		tidy = func() { os.RemoveAll(c.Bin) }
	}
	for _, p := range cfg.peers {
		cfg.servers = append(cfg.servers, besieged{name: p.Name, program: filepath.Join(cfg.bin, p.Name), peer: true, compresses: len(p.Compresses) > 0})
	}
	return tidy, nil
}

// flags gives those that the server needs for an attack.
func (b besieged) flags(a *attack.Attack, quick bool) []string {
	switch {
	case b.peer && a.Deflates:
		return []string{"-compress", string(deflating.Alone)}
	case b.peer:
		return nil
	case quick && a.Hurry != nil:
		return a.Hurry
	}
	return a.Flags
}

// leavesOut tells that an attack means nothing to a server without flags, or
// that does not compress.
func (b besieged) leavesOut(a *attack.Attack) bool {
	return b.peer && (a.Limited || a.Deflates && !b.compresses)
}

// start starts the server.
func (s *siege) start(args []string) (err error) {
	if !s.peer {
		t, err := startTrial(s.program, args...)
		if err != nil {
			return err
		}
		s.server, s.snapshot = t.program, t.server.Snapshot
		return nil
	}
	// Some log each attacker.
	if s.server, err = proc.StartSilent(s.program, args...); err != nil {
		return err
	}
	s.snapshot = func() (now watch.Snapshot, err error) {
		if err = s.server.Collect(); err == nil {
			now.RSS, err = proc.RSS(s.server.PID())
		}
		return now, err
	}
	return nil
}
