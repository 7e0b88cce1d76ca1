package report

import (
	"fmt"
	"strings"
	"time"
)

// Gauge is how far a step is that ends at a known number or after a known time.
type Gauge struct {
	Doing   string        // "opening"
	Done    int           // of Total, which is 0 if only time ends the step
	Total   int           //
	Elapsed time.Duration // of Length
	Length  time.Duration // 0 if only the number ends the step
	Rate    float64       // per second, of late
	Errors  int           // so far
}

// String gives the gauge as one line:
//
//	opening   [####------]  7,412/15,000  3,100/s  ETA 3s  0 errors
func (g Gauge) String() string {
	parts := []string{fmt.Sprintf("%-12s", g.Doing), "[" + meter(g.share()) + "]"}
	if g.Total > 0 {
		parts = append(parts, Count(g.Done)+"/"+Count(g.Total))
	} else {
		parts = append(parts, fmt.Sprintf("%v/%v", g.Elapsed.Truncate(time.Second), g.Length))
	}
	parts = append(parts, Count(int64(g.Rate))+"/s")
	if left, known := g.left(); known {
		parts = append(parts, "ETA "+left.Round(time.Second).String())
	}
	return strings.Join(append(parts, Plural(g.Errors, "error")), "  ")
}

// share is the part that is done, from 0 to 1.
func (g Gauge) share() float64 {
	if g.Total > 0 {
		return min(float64(g.Done)/float64(g.Total), 1)
	}
	if g.Length > 0 {
		return min(g.Elapsed.Seconds()/g.Length.Seconds(), 1)
	}
	return 0
}

// left is the time to the end: what the clock says, or if a number ends the
// step as long as the rest takes at the present rate.
func (g Gauge) left() (d time.Duration, known bool) {
	if g.Total == 0 {
		return max(g.Length-g.Elapsed, 0), g.Length > 0
	}
	if g.Rate <= 0 {
		return 0, false
	}
	seconds := float64(max(g.Total-g.Done, 0)) / g.Rate
	return time.Duration(min(seconds, 1e9) * float64(time.Second)), true
}

const meterWidth = 20

func meter(share float64) string {
	full := int(share * meterWidth)
	return strings.Repeat("#", full) + strings.Repeat("-", meterWidth-full)
}
