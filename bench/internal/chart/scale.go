package chart

import "math"

// Scale is how an axis grows.
type Scale int

const (
	Linear Scale = iota // contains 0
	Log                 // of values above 0; others are left out
	Nines               // of shares from 0 to below 1: as far from 90% to 99% as from there to 99.9%
)

// finite reports whether v can be drawn.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// fits reports whether the scale has a place for v.
func (s Scale) fits(v float64) bool {
	switch s {
	case Log:
		return finite(v) && v > 0
	case Nines:
		return v >= 0 && v < 1
	}
	return finite(v)
}

// even brings v to where equal steps are equally long.
func (s Scale) even(v float64) float64 {
	switch s {
	case Log:
		return math.Log10(v)
	case Nines:
		return -math.Log10(1 - v)
	}
	return max(-extreme, min(v, extreme))
}

// first is a value that the scale has a place for.
func (s Scale) first() float64 {
	if s == Log {
		return 1
	}
	return 0
}

// Spans tells which scale shows these values best: Log if the greatest is
// more than twenty times the least one above 0, else Linear.
func Spans(values ...float64) Scale {
	least, most := math.Inf(1), 0.0
	for _, v := range values {
		if Log.fits(v) {
			least, most = min(least, v), max(most, v)
		}
	}
	if most > 20*least {
		return Log
	}
	return Linear
}
