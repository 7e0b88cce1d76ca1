package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/fleet"
	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

func runEcho(ctx context.Context, args []string) error {
	f, cfg := newFlags("echo")
	cfg.connFlags(f, 1000)
	var run load.Run
	f.IntVar(&run.Depth, "depth", 1, "`number` of messages outstanding on each connection at most; 0: one echo on each, then only hold them")
	f.DurationVar(&run.Duration, "duration", 10*time.Second, "how much `time` to load, or hold")
	f.Float64Var(&run.Rate, "rate", 0, "`number` of messages in a second on all connections together, whatever the server does (default: the next when a reply is there)")
	if err := cfg.parse(f, args, func() error {
		cfg.MaxDepth = run.Depth
		return cmp.Or(cfg.checkDepth(run.Depth), lasting("-duration", run.Duration), rated("-rate", run.Rate))
	}); err != nil {
		return err
	}
	if run.Depth == 0 {
		return cfg.run(ctx, idlePlan(cfg, fleet.Hold{Duration: run.Duration}))
	}
	run.Size = cfg.size
	return cfg.run(ctx, echoPlan(cfg, run))
}

func echoPlan(cfg *config, run load.Run) plan {
	open := opening(cfg.Conns, cfg.size)
	return plan{
		mode:     "echo",
		settings: settings("message", fmt.Sprintf("%d B", cfg.size), "depth", fmt.Sprint(run.Depth), "rate", perSecond(run.Rate), "duration", run.Duration.String()),
		inFlight: cfg.Conns * run.Depth,
		warm:     fleetSteps(open),
		steps:    append(open, step{Step: fleet.Step{Exchange: &run}, name: "load", doing: "echoing", length: run.Duration, load: true}),
	}
}

// perSecond writes a rate; none as nothing.
func perSecond(rate float64) string {
	if rate == 0 {
		return ""
	}
	if rate == float64(int64(rate)) {
		return report.Count(int64(rate)) + "/s"
	}
	return fmt.Sprintf("%g/s", rate)
}
