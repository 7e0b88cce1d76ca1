package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/fleet"
	"github.com/sockeye-ws/sockeye/bench/internal/load"
)

func runBroadcast(ctx context.Context, args []string) error {
	f, cfg := newFlags("broadcast")
	cfg.connFlags(f, 1000)
	var b load.Broadcast
	f.Float64Var(&b.Rate, "rate", 10, "`number` of messages published in a second")
	f.DurationVar(&b.Duration, "duration", 10*time.Second, "how much `time` to publish")
	if err := cfg.parse(f, args, func() error {
		b.Size = cfg.size
		return cmp.Or(rated("-rate", b.Rate), lasting("-duration", b.Duration), b.Check())
	}); err != nil {
		return err
	}
	return cfg.run(ctx, broadcastPlan(cfg, b))
}

// broadcastPlan has no echoes: the server sends each message to all.
func broadcastPlan(cfg *config, b load.Broadcast) plan {
	once := load.Broadcast{Size: b.Size, Rate: 1, Duration: 1}
	return plan{
		mode:     "broadcast",
		settings: settings("message", fmt.Sprintf("%d B", b.Size), "rate", perSecond(b.Rate), "duration", b.Duration.String()),
		inFlight: cfg.Conns,
		warm:     []fleet.Step{{Dial: true}, {Broadcast: &once}},
		steps: []step{dialing(cfg.Conns),
			{Step: fleet.Step{Broadcast: &b}, name: "load", doing: "broadcasting", length: b.Duration, load: true}},
	}
}
