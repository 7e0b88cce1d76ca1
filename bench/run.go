package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/sockeye-ws/sockeye/bench/internal/budget"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// run checks the machine, carries a plan out, and tells of it. It fails if
// something went wrong that no budget allows.
func (cfg *config) run(ctx context.Context, p plan) error {
	server, err := watch.Find(cfg.serverPID, cfg.debug, cfg.URL)
	if err != nil {
		return err
	}
	if cfg.procs, err = processes(cfg.Conns, cfg.procs); err != nil {
		return err
	}
	warnings, err := cfg.preflight(p.inFlight, server)
	if err != nil {
		return err
	}
	if err := servePprof(cfg.pprof); err != nil {
		return err
	}
	r, err := cfg.measure(ctx, p, server)
	if err != nil {
		return err
	}
	r.Warnings = warnings
	r.Budgets = cfg.budgets.Judge(r)
	if err := cfg.tell(r); err != nil {
		return err
	}
	if !budget.Met(r.Budgets) || len(r.Errors) > 0 && !cfg.budgets.On("errors") {
		return errFailed
	}
	return nil
}

// tell writes the report in each form that was asked for.
func (cfg *config) tell(r *result.Report) error {
	if cfg.html != "" {
		if err := writePage(cfg.html, r); err != nil {
			return err
		}
	}
	if cfg.json {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	return report.Text(os.Stdout, r)
}

func writePage(name string, r *result.Report) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := report.HTML(f, r); err != nil {
		return err
	}
	return f.Close()
}
