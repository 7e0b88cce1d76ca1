package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/fleet"
	"github.com/sockeye-ws/sockeye/bench/internal/load"
)

func runChurn(ctx context.Context, args []string) error {
	f, cfg := newFlags("churn")
	cfg.connFlags(f, 100)
	var c load.Churn
	f.IntVar(&c.Messages, "messages", 1, "`number` of messages on each connection, one after the other, before it closes")
	f.Float64Var(&c.Rate, "rate", 0, "`number` of connections begun in a second (default: the next when one has closed)")
	f.DurationVar(&c.Duration, "duration", 10*time.Second, "how much `time` to begin connections")
	if err := cfg.parse(f, args, func() error {
		c.Size = cfg.size
		return cmp.Or(within("-messages", c.Messages, 0, math.MaxInt), rated("-rate", c.Rate), lasting("-duration", c.Duration))
	}); err != nil {
		return err
	}
	return cfg.run(ctx, churnPlan(cfg, c))
}

func churnPlan(cfg *config, c load.Churn) plan {
	return plan{
		mode:     "churn",
		settings: settings("message", fmt.Sprintf("%d B", c.Size), "messages", fmt.Sprint(c.Messages), "rate", perSecond(c.Rate), "duration", c.Duration.String()),
		inFlight: cfg.Conns,
		warm:     fleetSteps(opening(cfg.Conns, c.Size)),
		steps:    []step{{Step: fleet.Step{Churn: &c}, name: "load", doing: "churning", length: c.Duration, load: true}},
	}
}
