package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/fleet"
	"github.com/sockeye-ws/sockeye/bench/internal/load"
)

func runIdle(ctx context.Context, args []string) error {
	f, cfg := newFlags("idle")
	cfg.connFlags(f, 10_000)
	var hold fleet.Hold
	f.DurationVar(&hold.Duration, "hold", 30*time.Second, "how much `time` to hold the connections")
	f.IntVar(&hold.Sample, "sample", 100, "`number` of connections, picked at random each time, that echo a message now and then; 0: none")
	f.DurationVar(&hold.Every, "every", time.Second, "`time` from one sample to the next")
	if err := cfg.parse(f, args, func() error {
		return cmp.Or(lasting("-hold", hold.Duration), within("-sample", hold.Sample, 0, load.MaxConns), lasting("-every", hold.Every))
	}); err != nil {
		return err
	}
	hold.Size = cfg.size
	return cfg.run(ctx, idlePlan(cfg, hold))
}

func idlePlan(cfg *config, hold fleet.Hold) plan {
	sample := ""
	if hold.Sample > 0 {
		sample = fmt.Sprintf("%d every %v", hold.Sample, hold.Every)
	}
	open := opening(cfg.Conns, cfg.size)
	return plan{
		mode:     "idle",
		settings: settings("message", fmt.Sprintf("%d B", cfg.size), "hold", hold.Duration.String(), "sample", sample),
		inFlight: cfg.Conns, // the first echoes
		warm:     fleetSteps(open),
		steps:    append(open, step{Step: fleet.Step{Hold: &hold}, name: "hold", doing: "holding", length: hold.Duration, load: true}),
	}
}
