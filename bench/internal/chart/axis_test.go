package chart

import (
	"math"
	"slices"
	"testing"
)

func TestAxisHoldsItsValues(t *testing.T) {
	cases := []struct {
		axis    Axis
		values  []float64
		rounded bool
		low     float64
		high    float64
	}{
		{Axis{}, nil, true, 0, 1},
		{Axis{}, []float64{0, 0}, true, 0, 1},
		{Axis{}, []float64{43}, true, 0, 50},
		{Axis{}, []float64{43}, false, 0, 43},
		{Axis{}, []float64{-3, 43, math.NaN()}, true, -10, 50},
		{Axis{Scale: Log}, []float64{0, 3, 400}, true, math.Log10(2), math.Log10(500)},
		{Axis{Scale: Log}, []float64{3, 400}, false, math.Log10(3), math.Log10(400)},
		{Axis{Scale: Log}, []float64{1}, false, -0.5, 0.5},
		{Axis{Scale: Nines}, []float64{0, 0.999}, false, 0, 3},
	}
	for _, c := range cases {
		f := c.axis.fit(c.values, 5, c.rounded)
		if math.Abs(f.low-c.low) > 1e-9 || math.Abs(f.high-c.high) > 1e-9 {
			t.Errorf("%v: from %v to %v, want %v to %v", c.values, f.low, f.high, c.low, c.high)
		}
	}
}

func TestNinesAreLabelled(t *testing.T) {
	f := Axis{Scale: Nines}.fit([]float64{0.99999}, 5, false)
	var got []string
	for _, v := range f.ticks {
		got = append(got, f.tick(v))
	}
	if want := []string{"50%", "90%", "99%", "99.9%", "99.99%", "99.999%"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestFormatDefaultsToTicks(t *testing.T) {
	if got := (Axis{}).format(1500); got != "1.5k" {
		t.Errorf("%q", got)
	}
	if got := (Axis{Format: func(float64) string { return "own" }}).format(1500); got != "own" {
		t.Errorf("%q", got)
	}
}
