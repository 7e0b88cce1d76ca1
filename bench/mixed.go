package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/sockeye-ws/sockeye/bench/internal/fleet"
	"github.com/sockeye-ws/sockeye/bench/internal/load"
)

func runMixed(ctx context.Context, args []string) error {
	f, cfg := newFlags("mixed")
	name := f.String("scenario", "", "`file` with the scenario in JSON, or - for standard input; examples are in bench/scenarios")
	var s load.Scenario
	if err := cfg.parse(f, args, func() (err error) {
		if s, err = readScenario(*name); err != nil {
			return err
		}
		cfg.Conns = s.Conns()
		for _, h := range s.Groups {
			cfg.MaxSize = max(cfg.MaxSize, h.MaxSize)
		}
		return nil
	}); err != nil {
		return err
	}
	return cfg.run(ctx, mixedPlan(cfg, *name, s))
}

func readScenario(name string) (load.Scenario, error) {
	if name == "" {
		return load.Scenario{}, errors.New("mixed needs -scenario, a file that says who does what")
	}
	if name == "-" {
		return load.ReadScenario(os.Stdin)
	}
	file, err := os.Open(name)
	if err != nil {
		return load.Scenario{}, err
	}
	defer file.Close()
	s, err := load.ReadScenario(file)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return s, err
}

func mixedPlan(cfg *config, name string, s load.Scenario) plan {
	return plan{
		mode:     "mixed",
		settings: settings("scenario", name, "groups", fmt.Sprint(len(s.Groups)), "duration", s.Duration.String()),
		inFlight: cfg.Conns,
		warm:     fleetSteps(opening(cfg.Conns, warmSize)),
		steps: []step{
			{Step: fleet.Step{DialMixed: &s}, name: "open", doing: "opening", total: cfg.Conns},
			{Step: fleet.Step{Play: s.Duration}, name: "load", doing: "playing", length: s.Duration, load: true},
		},
	}
}

// warmSize is the size of a message that warms a server up for a mixed load.
const warmSize = 125
