package load

import (
	"math"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
)

func TestScheduleCountsWhatIsDue(t *testing.T) {
	for _, s := range []schedule{{rate: 3}, {began: time.Hour, rate: 1e7}, {began: 1, rate: 7, phase: 0.75}, {rate: 1e-6}} {
		for _, d := range []time.Duration{0, 1, time.Second, time.Second + 1, 1234567891} {
			end := s.began + d
			if n := s.before(end); n > 0 && s.due(n-1) >= end || s.due(n) < end {
				t.Errorf("%+v: %d are due before %v", s, n, end)
			}
		}
	}
}

// However many are late, recording them takes no time to speak of.
func TestLateIsCountedAtAnyRate(t *testing.T) {
	h := hist.New()
	const rate, after = 1e7, 720 * time.Hour
	want := uint64(rate*after.Seconds()) - 5
	if n := (schedule{rate: rate}).late(h, 0, 5, 1, math.MaxUint64, after); n != want {
		t.Errorf("%d are late, want %d", n, want)
	}
	all := h.Take()
	if all.Count() != want || all.Max() != after-500*time.Nanosecond {
		t.Errorf("%d recorded, up to %v", all.Count(), all.Max())
	}
	if mean := all.Mean(); mean < after/2 || mean > after*51/100 {
		t.Errorf("the mean is %v", mean)
	}
}

// Even the slowest rate has a time for each number, and none that is past.
func TestSecondsDoNotOverflow(t *testing.T) {
	if d := seconds(math.MaxUint64, 1e-6); clock()+d < clock() {
		t.Errorf("%v", d)
	}
}
