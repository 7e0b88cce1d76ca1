package report

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/chart"
	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// percentiles draws the distribution of latencies as HdrHistogram does: the
// further to the right, the rarer. A mixed load has a line for each group.
func percentiles(r *result.Report) chart.Lines {
	l := chart.Lines{X: chart.Axis{Label: "percentile", Scale: chart.Nines, Format: percent}}
	var all []float64
	add := func(name string, s hist.Snapshot) {
		if s.Count() == 0 {
			return
		}
		n := len(l.Series)
		l.Series = append(l.Series, chart.Series{
			Name: name, Color: chart.Color(n%chart.Colors + 1), Dashed: n/chart.Colors%2 == 1, Points: curve(s),
		})
		all = append(all, float64(s.Quantile(0)), float64(s.Max()))
	}
	if len(r.Load.Groups) == 0 {
		add("messages", r.Load.Latency)
	}
	for _, g := range r.Load.Groups {
		add(g.Name, g.Latency)
	}
	add("connecting", r.Load.Connect)
	l.Y = chart.Axis{Label: "latency", Unit: chart.Time, Format: duration, Scale: chart.Spans(all...)}
	return l
}

// perNine is how many points a curve has from one nine to the next.
const perNine = 20

// curve gives the quantiles of s, up to that of its slowest value.
func curve(s hist.Snapshot) (points []chart.Point) {
	last := math.Log10(float64(s.Count()))
	for i := 0; float64(i)/perNine < last; i++ {
		q := 1 - math.Pow(10, -float64(i)/perNine)
		points = append(points, chart.Point{X: q, Y: float64(s.Quantile(q))})
	}
	return append(points, chart.Point{X: 1 - math.Pow(10, -last), Y: float64(s.Max())})
}

// percent writes a share with as many digits as tell it from its neighbours.
func percent(share float64) string {
	digits := max(1, int(math.Ceil(-math.Log10(1-share))))
	return strconv.FormatFloat(share*100, 'f', min(digits, 9), 64) + "%"
}

// distribution gives the histogram of the latencies of messages, or of
// connecting where there are none.
func distribution(r *result.Report) []figure {
	s, what := r.Load.Latency, "messages"
	if s.Count() == 0 {
		s, what = r.Load.Connect, "connections"
	}
	h := chart.Histogram{
		Title: "Distribution of latencies",
		X:     chart.Axis{Label: "latency", Unit: chart.Time, Scale: chart.Log, Format: duration},
		Y:     chart.Axis{Label: what, Unit: chart.Whole, Format: whole},
		Color: blue,
		Bins:  bins(s),
	}
	drawn := h.Draw()
	if drawn == "" {
		return nil
	}
	return []figure{{Title: h.Title, Note: fmt.Sprintf("How many %s took how long.", what), Chart: drawn, Table: h.Table()}}
}

// perDecade is how many bins a histogram has from one power of ten to the next.
const perDecade = 12

// bins counts the latencies in bins of equal ratio, those between that are
// empty left out. Durations of 0 count as a nanosecond.
func bins(s hist.Snapshot) (bins []chart.Bin) {
	last := math.MinInt
	for b := range s.Buckets() {
		i := int(math.Floor(math.Log10(float64(max(b.Upper, time.Nanosecond))) * perDecade))
		if i != last {
			bins = append(bins, chart.Bin{Low: edge(i), High: edge(i + 1)})
			last = i
		}
		bins[len(bins)-1].Count += float64(b.Count)
	}
	return bins
}

func edge(i int) float64 { return math.Pow(10, float64(i)/perDecade) }
