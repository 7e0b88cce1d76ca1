package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/chart"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// figure is a chart on a page, with its numbers.
type figure struct {
	Title, Note string
	Chart       template.HTML
	Table       [][]string // the head first
	Partial     bool       // the table has not all numbers
}

// tableRows is how many rows a figure's table has at most; JSON has them all.
const tableRows = 500

// The colours of what comes in several charts.
const (
	blue, orange, green, purple = chart.Color(1), chart.Color(2), chart.Color(3), chart.Color(4)

	serverColor, clientColor = blue, orange
)

// figures gives the charts of a report that have data.
func figures(r *result.Report) (all []figure) {
	add := func(title, note string, l chart.Lines) {
		l.Title = title
		if drawn := l.Draw(); drawn != "" {
			all = append(all, figure{title, note, drawn, l.Table(tableRows), len(l.Series[0].Points) > tableRows})
		}
	}
	add("Messages", "Received and verified in each interval.", rates(r))
	add("Latency", "Of the messages received in each interval.", latencies(r))
	add("Latency by percentile", "How long the fastest 50%, 90%, 99% ... took at most.", percentiles(r))
	all = append(all, distribution(r)...)
	add("Open connections", "At the end of each interval.", connections(r))
	add("Server memory", "Resident memory of its process at the end of each interval.", serverMemory(r))
	add("Server memory per connection", "Growth of resident memory since there were no connections, buffers in use included.", memoryPerConn(r))
	add("Processors busy", "On average in each interval.", processorsBusy(r))
	add("Errors", "In each interval.", errorsOverTime(r))
	return all
}

// over makes a chart over the time of the run.
func over(r *result.Report, y chart.Axis, series ...chart.Series) chart.Lines {
	l := chart.Lines{X: chart.Axis{Label: "time since the run began", Unit: chart.Time, Format: duration}, Y: y, Series: series}
	for _, s := range r.Steps {
		l.Marks = append(l.Marks, chart.Mark{At: float64(s.At), Name: s.Name})
	}
	return l
}

// line takes a value of each point of the run's series; NaN is none.
func line(r *result.Report, name string, color chart.Color, value func(result.Point) float64) chart.Series {
	s := chart.Series{Name: name, Color: color}
	for _, p := range r.Series {
		s.Points = append(s.Points, chart.Point{X: float64(p.At), Y: value(p)})
	}
	return s
}

// known makes the 0 of what is not known a gap in a line.
func known[N int64 | float64 | time.Duration](v N) float64 {
	if v == 0 {
		return math.NaN()
	}
	return float64(v)
}

// Values as people read them, of the charts' numbers.
func duration(v float64) string   { return Duration(time.Duration(v)) }
func byteSize(v float64) string   { return Bytes(int64(v)) }
func whole(v float64) string      { return Count(int64(math.Round(v))) }
func hundredths(v float64) string { return fmt.Sprintf("%.2f", v) }

func rates(r *result.Report) chart.Lines {
	s := line(r, "messages/s", blue, func(p result.Point) float64 { return p.Rate })
	if r.Load.Messages == 0 {
		s.Points = nil // a line at 0 tells nothing
	}
	return over(r, chart.Axis{Label: "messages/s", Format: whole}, s)
}

func latencies(r *result.Report) chart.Lines {
	p50 := line(r, "median", green, func(p result.Point) float64 { return known(p.Latency.P50) })
	p99 := line(r, "99%", purple, func(p result.Point) float64 { return known(p.Latency.P99) })
	most := line(r, "max", orange, func(p result.Point) float64 { return known(p.Latency.Max) })
	var all []float64
	for _, s := range []chart.Series{p50, p99, most} {
		for _, p := range s.Points {
			all = append(all, p.Y)
		}
	}
	y := chart.Axis{Label: "latency", Unit: chart.Time, Format: duration, Scale: chart.Spans(all...)}
	return over(r, y, p50, p99, most)
}

func connections(r *result.Report) chart.Lines {
	s := line(r, "open", blue, func(p result.Point) float64 { return float64(p.Open) })
	if !slices.ContainsFunc(s.Points, func(p chart.Point) bool { return p.Y > 0 }) {
		s.Points = nil // churn does not count them
	}
	return over(r, chart.Axis{Label: "connections", Unit: chart.Whole, Format: whole}, s)
}

func serverMemory(r *result.Report) chart.Lines {
	return over(r, chart.Axis{Label: "resident memory", Unit: chart.Bytes, Format: byteSize},
		line(r, "server RSS", serverColor, func(p result.Point) float64 { return known(p.ServerRSS) }))
}

// memoryPerConn has only points with most of the connections open: among few
// the server's own growth would hide theirs.
func memoryPerConn(r *result.Report) chart.Lines {
	before := r.Server.Before.RSS
	s := line(r, "RSS per connection", serverColor, func(p result.Point) float64 {
		if before == 0 || p.ServerRSS == 0 || p.Open == 0 || p.Open < r.Conns/2 {
			return math.NaN()
		}
		return float64(p.ServerRSS-before) / float64(p.Open)
	})
	return over(r, chart.Axis{Label: "memory per connection", Unit: chart.Bytes, Format: byteSize}, s)
}

func processorsBusy(r *result.Report) chart.Lines {
	var series []chart.Series
	for _, s := range []chart.Series{
		line(r, "server", serverColor, func(p result.Point) float64 { return known(p.ServerCPU) }),
		line(r, "client", clientColor, func(p result.Point) float64 { return known(p.ClientCPU) }),
	} {
		if slices.ContainsFunc(s.Points, func(p chart.Point) bool { return !math.IsNaN(p.Y) }) {
			series = append(series, s)
		}
	}
	return over(r, chart.Axis{Label: "processors", Format: hundredths}, series...)
}

func errorsOverTime(r *result.Report) chart.Lines {
	s := line(r, "errors", orange, func(p result.Point) float64 { return float64(p.Errors) })
	if total(r.Errors) == 0 {
		s.Points = nil
	}
	return over(r, chart.Axis{Label: "errors", Unit: chart.Whole, Format: whole}, s)
}
