package chart

import (
	"math"
	"strconv"
)

// Axis is one direction of a chart. The zero value is a linear one of plain
// numbers, without a label.
type Axis struct {
	Label string
	Unit  Unit // default Count
	Scale Scale

	// Format writes a value where there is room: in tables, and where a chart
	// is pointed at. By default it is written as a tick.
	Format func(float64) string
}

func (a Axis) unit() Unit {
	if a.Unit.step == nil {
		return Count
	}
	return a.Unit
}

// tick writes a value beside the axis.
func (a Axis) tick(v float64) string {
	if a.Scale == Nines {
		// 12 digits are more than matter, and fewer than those in which
		// 0.999*100 differs from 99.9.
		return strconv.FormatFloat(v*100, 'g', 12, 64) + "%"
	}
	return a.unit().write(v)
}

func (a Axis) format(v float64) string {
	if a.Format == nil {
		return a.tick(v)
	}
	return a.Format(v)
}

// fitted is an axis with the range that it shows and the pixels that it has.
type fitted struct {
	Axis
	low, high float64 // in even steps
	from, to  float64 // in pixels
	ticks     []float64
}

// fit makes an axis show all values that its scale has a place for, with
// about n ticks. If it is rounded, it begins and ends at a tick.
func (a Axis) fit(values []float64, n int, rounded bool) fitted {
	f := fitted{Axis: a}
	low, high := a.bounds(values)
	switch a.Scale {
	case Log:
		f.fitLog(low, high, n, rounded)
	case Nines:
		f.fitNines(high)
	default:
		f.fitLinear(low, high, n, rounded)
	}
	return f
}

// bounds gives the least and the greatest value; without any, the scale's first
// for both.
func (a Axis) bounds(values []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if a.Scale.fits(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		return a.Scale.first(), a.Scale.first()
	}
	return low, high
}

func (f *fitted) fitLinear(low, high float64, n int, rounded bool) {
	low, high = f.Scale.even(min(low, 0)), f.Scale.even(max(high, 0))
	if high-low < 1/extreme {
		high = low + 1
	}
	step := f.unit().step((high - low) / float64(n))
	if rounded {
		low = math.Floor(low/step) * step
		high = max(math.Ceil(high/step-nearly)*step, low+step)
	}
	f.low, f.high = low, high
	f.ticks = ticks(low, high, step, n+2)
}

func (f *fitted) fitLog(low, high float64, n int, rounded bool) {
	low, high = max(low, 1/extreme), min(high, extreme)
	if rounded {
		low, high = 1/decimalStep(1/low), decimalStep(high)
	}
	if high < 10*low { // a value alone is in the middle of a decade
		middle := math.Sqrt(low) * math.Sqrt(high)
		low, high = middle/math.Sqrt(10), middle*math.Sqrt(10)
	}
	f.low, f.high = math.Log10(low), math.Log10(high)
	f.ticks = logTicks(low, high, n+2)
}

// fitNines has its ticks at 50%, 90%, 99% and so on.
func (f *fitted) fitNines(high float64) {
	f.high = max(f.Scale.even(high), 1)
	f.ticks = []float64{0.5}
	for nines := 1.0; nines <= f.high+nearly; nines++ {
		f.ticks = append(f.ticks, 1-math.Pow(10, -nines))
	}
}

// at gives the pixel of v.
func (f *fitted) at(v float64) float64 {
	share := (f.Scale.even(v) - f.low) / (f.high - f.low)
	return f.from + max(0, min(share, 1))*(f.to-f.from)
}
