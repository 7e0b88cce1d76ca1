package engine

import (
	"flag"
	"testing"
)

var (
	simSeeds = flag.Uint64("sim.seeds", 0, "number of seeds that TestSimulation runs; 0: 300, or 40 under the race detector")
	simFirst = flag.Uint64("sim.first", 1, "the first of them; 0: one at random")
	simSeed  = flag.Uint64("sim.seed", 0, "the one seed that TestSimulation runs, if not 0")
)

// TestSimulation runs the real engine in a simulated operating system, with
// clients that do all that clients may do. A seed that fails prints the
// command that runs it alone.
func TestSimulation(t *testing.T) {
	Rest(t)
	if *simSeed != 0 {
		newSimRun(t).one(*simSeed)
		return
	}
	seeds := *simSeeds
	switch {
	case seeds != 0:
	case RaceEnabled:
		seeds = 40
	default:
		seeds = 300
	}
	run := newSimRun(t)
	run.all(*simFirst, seeds)
	run.report(!RaceEnabled && seeds >= 300)
}

// The same seed must give the same run, or no failure could be reproduced.
func TestSimulationRepeatsItself(t *testing.T) {
	for seed := uint64(1); seed <= 30; seed++ {
		first, second := simulate(seed), simulate(seed)
		if first.trace != second.trace {
			t.Errorf("seed %d: two runs differ: %x, %x", seed, first.trace, second.trace)
		}
	}
}

func FuzzSimulation(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		Rest(t)
		newSimRun(t).one(seed)
	})
}
