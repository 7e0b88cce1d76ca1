package chart

import (
	"math"
	"testing"
)

func TestSpans(t *testing.T) {
	cases := []struct {
		values []float64
		want   Scale
	}{
		{nil, Linear},
		{[]float64{0, math.NaN(), math.Inf(1)}, Linear},
		{[]float64{5, 100}, Linear},
		{[]float64{5, 101}, Log},
		{[]float64{0, 101}, Linear}, // 0 is no value of a logarithmic axis
	}
	for _, c := range cases {
		if got := Spans(c.values...); got != c.want {
			t.Errorf("%v: %v, want %v", c.values, got, c.want)
		}
	}
}

func TestFits(t *testing.T) {
	for _, v := range odd {
		for _, s := range []Scale{Linear, Log, Nines} {
			if s.fits(v) && !finite(s.even(v)) {
				t.Errorf("scale %d: %v fits, and is %v in even steps", s, v, s.even(v))
			}
		}
	}
	if Log.fits(0) || Nines.fits(1) || Linear.fits(math.NaN()) || !Nines.fits(0) {
		t.Error("the bounds of a scale")
	}
}

func TestNinesAreEquallyFarApart(t *testing.T) {
	if a, b := Nines.even(0.99)-Nines.even(0.9), Nines.even(0.999)-Nines.even(0.99); math.Abs(a-b) > 1e-9 {
		t.Errorf("%v and %v", a, b)
	}
}
