package chart

import "math"

// extreme is beyond what is drawn; greater values are drawn as this one, so
// that no difference of two overflows.
const extreme = 1e300

// nearly is the share of a step by which a tick may miss a bound: 3*0.1 is
// above 0.3.
const nearly = 1e-9

// ticks gives the multiples of step from low to high, in ascending order;
// none if they would be more than most.
func ticks(low, high, step float64, most int) (at []float64) {
	if !(step > 0) || !((high-low)/step <= float64(most)) {
		return nil
	}
	for i := math.Ceil(low/step - nearly); i*step <= high+step*nearly; i++ {
		at = append(at, i*step+0) // the sum makes -0 0
	}
	return at
}

// logTicks gives about n powers of ten from low to high, both above 0; where
// those are few also their doubles and fives.
func logTicks(low, high float64, n int) (at []float64) {
	first, last := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	multiples := []float64{1}
	if last-first <= 3 {
		multiples = []float64{1, 2, 5}
	}
	every := math.Max(1, math.Ceil((last-first)/float64(n)))
	for e := first; e <= last; e += every {
		for _, m := range multiples {
			if v := m * math.Pow(10, e); low*(1-nearly) <= v && v <= high*(1+nearly) {
				at = append(at, v)
			}
		}
	}
	return at
}
