package main

import (
	"context"

	"github.com/sockeye-ws/sockeye/bench/internal/fleet"
	"github.com/sockeye-ws/sockeye/bench/internal/load"
)

// warmConns is how many connections warm a server up.
const warmConns = 1000

// warm lets the server do once what each connection will ask of it, so that
// its own growth, and the pages of its program, do not count as theirs. What
// fails here fails again where it is counted.
func warm(ctx context.Context, o load.Options, steps []fleet.Step) error {
	o.Conns, o.Rate = min(o.Conns, warmConns), 0
	f, err := startFleet(1, o)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if f.Do(ctx, s).Open == 0 {
			break
		}
	}
	f.Close()
	return nil
}

// warmUp warms an echo server up.
func warmUp(ctx context.Context, o load.Options, size int) error {
	return warm(ctx, o, fleetSteps(opening(o.Conns, size)))
}
