package engine

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/engine/internal/sim"
	"github.com/sockeye-ws/sockeye/pool"
)

// simRun runs seeds and adds up what they bring.
type simRun struct {
	t      *testing.T
	failed atomic.Bool

	mu     sync.Mutex
	faults [sim.NumFaults]int
	saw    map[string]int
}

func newSimRun(t *testing.T) *simRun { return &simRun{t: t, saw: map[string]int{}} }

// simBatch is how many seeds run before it is looked whether any has kept a
// buffer: these are counted for the process as a whole.
const simBatch = 200

// stuckAfter is when a seed is given up that does not come to an end.
const stuckAfter = 5 * time.Minute

// all runs n seeds over the processors, up to the first failures.
func (r *simRun) all(first, n uint64) {
	if first == 0 {
		first = rand.Uint64N(1 << 48)
	}
	r.t.Logf("%d seeds from %d", n, first)
	began, told := time.Now(), time.Now()
	for done := uint64(0); done < n && !r.failed.Load(); {
		size := min(simBatch, n-done)
		r.batch(first+done, size)
		done += size
		if time.Since(told) > 5*time.Second || done == n && n > 500 {
			told = time.Now()
			rate := float64(done) / time.Since(began).Seconds()
			left := time.Duration(float64(n-done) / rate * float64(time.Second))
			fmt.Fprintf(os.Stderr, "simulate: %d of %d seeds, %.0f a second, %v left\n", done, n, rate, left.Round(time.Second))
		}
	}
}

// batch runs seeds side by side.
func (r *simRun) batch(first, n uint64) {
	var next atomic.Uint64
	var running sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		running.Go(func() {
			for k := next.Add(1) - 1; k < n && !r.failed.Load(); k = next.Add(1) - 1 {
				r.seed(first + k)
			}
		})
	}
	running.Wait()
	if pool.Lent() == 0 || r.failed.Load() {
		return
	}
	for k := range n { // one of them it was
		if r.one(first + k); r.failed.Load() {
			return
		}
	}
	r.t.Errorf("%d buffers were not given back by seeds %d to %d, but by none of them alone", pool.Lent(), first, first+n-1)
	r.failed.Store(true)
}

// one runs a seed alone, and sees to it that every buffer is given back.
func (r *simRun) one(seed uint64) {
	before := pool.Lent()
	r.seed(seed)
	if n := pool.Lent() - before; n != 0 {
		r.fail(seed, fmt.Sprintf("%d buffers were not given back", n))
	}
}

func (r *simRun) seed(seed uint64) {
	stuck := time.AfterFunc(stuckAfter, func() {
		panic(fmt.Sprintf("seed %d does not come to an end: %s", seed, reproduce(seed)))
	})
	defer stuck.Stop()
	result := simulate(seed)
	if len(result.failures) > 0 {
		r.fail(seed, strings.Join(result.failures, "\n"))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for f, n := range result.faults {
		r.faults[f] += n
	}
	for what, n := range result.saw {
		r.saw[what] += n
	}
}

func (r *simRun) fail(seed uint64, text string) {
	r.failed.Store(true)
	r.t.Errorf("seed %d: %s\nagain: %s\nits features: %+v", seed, text, reproduce(seed), *chooseFeatures(seed))
}

func reproduce(seed uint64) string {
	return fmt.Sprintf("go test ./engine -run '^TestSimulation$' -sim.seed %d", seed)
}

const (
	pausedForRate = "paused for a rate"
	overBudget    = "ticks with too much memory"
	turnAwaited   = "ticks in which a turn did not come"
)

// outcomes are what some seed must bring, or it is not tested at all.
var outcomes = []string{
	"OnClose: clean", "OnClose: reads too slowly", "OnClose: violation", "OnClose: unexpected EOF",
	"OnClose: " + ErrRate.Error(), "OnClose: " + ErrMemory.Error(), "OnClose: " + ErrWriteTimeout.Error(),
	"OnClose: " + ErrIdleTimeout.Error(), "OnClose: " + ErrCloseTimeout.Error(), "OnClose: " + ErrPanic.Error(),
	"OnDrain", "Stats.Shed", "Stats.Refused", "Stats.Dropped", "Stats.DroppedOlder", "Stats.Replaced", "Stats.MemoryShed",
	"answered 429", "answered 503", "broadcasts", "pings from the server", "shutdowns", pausedForRate, overBudget, turnAwaited,
	agreedAlone, agreedContexts, largerEchoes, shaken, turnedAway, notifiedEnd, toldAddress, claimedInVain,
}

// report tells how often each fault and each outcome has occurred. If there
// were seeds enough for all, it sees to it that none is missing.
func (r *simRun) report(enough bool) {
	for f, n := range r.faults {
		r.told(sim.Fault(f).String(), n, enough)
	}
	for _, what := range slices.Sorted(maps.Keys(r.saw)) {
		r.told(what, r.saw[what], false)
	}
	for _, what := range outcomes {
		if r.saw[what] == 0 {
			r.told(what, 0, enough)
		}
	}
}

func (r *simRun) told(what string, n int, needed bool) {
	r.t.Logf("%9d %s", n, what)
	if needed && n == 0 && !r.failed.Load() {
		r.t.Errorf("did not happen once: %s", what)
	}
}
