package main

import (
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/fleet"
	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// plan is what a mode does.
type plan struct {
	mode     string
	settings []result.Setting
	inFlight int          // messages on their way at once
	warm     []fleet.Step // for the server's warm-up, on connections of their own
	steps    []step
}

// step is a step with what people are told of it.
type step struct {
	fleet.Step
	name   string        // "open"
	doing  string        // "opening"
	total  int           // connections open, or messages, at its end; 0: only time ends it
	length time.Duration // 0: only the number ends it
	load   bool          // the one that counts
}

// firstTimeout is how long the first echo on all connections may take.
const firstTimeout = time.Minute

// opening opens n connections and sends one message on each, so that all have
// done once what they will do.
func opening(n, size int) []step {
	return []step{dialing(n), {
		Step: fleet.Step{Exchange: &load.Run{Size: size, Depth: 1, Messages: 1, Duration: firstTimeout}},
		name: "first echo", doing: "first echo", total: n,
	}}
}

func dialing(n int) step {
	return step{Step: fleet.Step{Dial: true}, name: "open", doing: "opening", total: n}
}

// fleetSteps gives what a fleet has to do in them.
func fleetSteps(steps []step) (all []fleet.Step) {
	for _, s := range steps {
		all = append(all, s.Step)
	}
	return all
}
