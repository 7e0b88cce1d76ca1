package engine

import (
	"testing"
	"time"
)

func TestDeparturesFit(t *testing.T) {
	for _, n := range []int{0, 1, 2, 99, 512, 513, 1_000_000} {
		for _, over := range []time.Duration{0, time.Millisecond, time.Second, time.Hour} {
			d := newDeparture(n, over)
			slices := (n + d.slice - 1) / d.slice
			took := time.Duration(slices) * d.pause
			if d.slice < 1 || d.slice > drainSlice || took > over+d.pause || n > 1 && over >= time.Second && took < over*9/10 {
				t.Errorf("%d slots over %v: %d slices of %d, in all %v", n, over, slices, d.slice, took)
			}
		}
	}
}
