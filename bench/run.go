package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"github.com/sockeye-ws/sockeye/bench/internal/budget"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// run checks the machine, carries a plan out, and tells of it. It fails if
// something went wrong that no budget allows, or ctx ended it.
func (cfg *config) run(ctx context.Context, p plan) error {
	server, err := cfg.findServer()
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
	if err := checkPage(cfg.html); err != nil {
		return err
	}
	if err := servePprof(cfg.pprof); err != nil {
		return err
	}
	r, failed := cfg.measure(ctx, p, server)
	if r == nil {
		return failed
	}
	r.Warnings = warnings
	r.Budgets = cfg.budgets.Judge(r)
	if err := errors.Join(failed, cfg.tell(r)); err != nil {
		return err
	}
	if r.Interrupted || !budget.Met(r.Budgets) || len(r.Errors) > 0 && !cfg.budgets.On("errors") {
		return errFailed
	}
	return nil
}

// tell writes the report in each form that was asked for.
func (cfg *config) tell(r *result.Report) error {
	var page error
	if cfg.html != "" {
		page = writePage(cfg.html, r)
	}
	if cfg.json {
		return errors.Join(page, json.NewEncoder(os.Stdout).Encode(r))
	}
	return errors.Join(page, report.Text(os.Stdout, r))
}

func writePage(name string, r *result.Report) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(report.HTML(f, r), f.Close())
}

// checkPage fails if a page cannot be written: better before a run than after.
// What the file holds stays until there is something new.
func checkPage(name string) error {
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	return f.Close()
}
