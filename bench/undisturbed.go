package main

import (
	"context"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/attack"
	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
)

// Latencies are those of slices of time in which the machine was ours: a
// hypervisor that runs another machine for 20 ms adds them to thousands of
// messages, and that tells nothing of the server.
const (
	slice     = 100 * time.Millisecond
	forbear   = 3   // times as long as asked for is tried
	tolerable = 100 // a row's time by that of it which was stolen, at most
	tries     = 3   // for a row that misses a target in a machine that is not ours
)

// undisturbed has the neighbours do what they do until slices of d together
// were ours, and gives their latencies then. If they are too few, the row says
// that it was disturbed. What happens once is over after d: half of that must do.
func (s *siege) undisturbed(ctx context.Context, d time.Duration) (all hist.Snapshot) {
	if s.row.Hurried {
		return s.exchange(ctx, d)
	}
	most, least := forbear*d, d
	if s.Once {
		most, least = d, d/2
	}
	missing := d
	for end := time.Now().Add(most); missing > 0 && ctx.Err() == nil; {
		if time.Now().After(end) {
			s.row.Disturbed = s.row.Disturbed || d-missing < least
			return all
		}
		before, _ := proc.Stolen()
		latencies := s.exchange(ctx, min(slice, missing))
		if after, _ := proc.Stolen(); after == before {
			all.Merge(latencies)
			missing -= slice
		}
	}
	return all
}

// besiegeAgain attacks a fresh server, and another one if a target was missed
// while the machine was not ours.
func (cfg *attacksConfig) besiegeAgain(ctx context.Context, a *attack.Attack, by besieged) (row attack.Row, err error) {
	for range tries {
		start := time.Now()
		before, _ := proc.Stolen()
		row, err = cfg.besiege(ctx, a, by)
		after, _ := proc.Stolen()
		ours := (after-before)*tolerable < time.Since(start)
		if err != nil || ctx.Err() != nil || cfg.hurried() || len(row.Missed) == 0 || ours {
			break
		}
	}
	return row, err
}
