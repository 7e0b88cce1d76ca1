package chart

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Unit says in which steps an axis is divided, and how its ticks are written.
type Unit struct {
	step  func(least float64) float64 // the least pleasant step that is not below this one
	write func(float64) string
}

// The units of axes.
var (
	Count = Unit{decimalStep, writeCount} // 0.5, 250, 10k, 1.5M
	Whole = Unit{wholeStep, writeCount}   // the same without fractions
	Bytes = Unit{binaryStep, writeBytes}  // 256 KiB, 1.5 MiB
	Time  = Unit{timeStep, writeTime}     // nanoseconds: 50µs, 1.5ms, 30s, 5m
)

// decimalStep gives 1, 2 or 5 by a power of ten.
func decimalStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= least {
			return m * power
		}
	}
	return 10 * power
}

func wholeStep(least float64) float64 { return max(1, decimalStep(least)) }

func binaryStep(least float64) float64 {
	return math.Pow(2, math.Ceil(math.Log2(least)))
}

// timeStep gives a decimal step up to seconds, then one that divides minutes
// and hours.
func timeStep(least float64) float64 {
	if least <= float64(10*time.Second) {
		return decimalStep(least)
	}
	for _, d := range []time.Duration{
		15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute,
		15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	} {
		if float64(d) >= least {
			return float64(d)
		}
	}
	const day = float64(24 * time.Hour)
	return day * decimalStep(least/day)
}

func writeCount(v float64) string { return scaled(v, 1000, "", "k", "M", "G", "T") }

func writeBytes(v float64) string { return scaled(v, 1024, " B", " KiB", " MiB", " GiB", " TiB") }

// scaled writes v with up to four digits in the greatest of the units, each
// base times the one before, in which it is not below 1.
func scaled(v, base float64, units ...string) string {
	if v == 0 {
		return "0"
	}
	unit := 0
	for math.Abs(v) >= base && unit < len(units)-1 {
		v /= base
		unit++
	}
	if math.Abs(v) >= 1e4 {
		return strconv.FormatFloat(v, 'g', 3, 64) + units[unit]
	}
	return strconv.FormatFloat(v, 'g', 4, 64) + units[unit]
}

// writeTime writes nanoseconds.
func writeTime(v float64) string {
	if v == 0 {
		return "0"
	}
	if math.Abs(v) >= math.MaxInt64 {
		return scaled(v/float64(24*time.Hour), 1000, " days", "k days")
	}
	if seconds := v / float64(time.Second); math.Abs(seconds) > 60 && math.Mod(seconds, 15) != 0 {
		return strconv.FormatFloat(seconds, 'f', -1, 64) + "s" // 1000s of a logarithmic axis
	}
	if math.Abs(v) < 1 {
		return strconv.FormatFloat(v, 'g', 3, 64) + "ns"
	}
	return Duration(time.Duration(math.Round(v)))
}

// Duration writes d as its String does, but without zero minutes and seconds
// at the end: 5m instead of 5m0s.
func Duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
