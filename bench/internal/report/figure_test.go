package report

import (
	"slices"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

func titles(r *result.Report) (titles []string) {
	for _, f := range figures(r) {
		titles = append(titles, f.Title)
	}
	return titles
}

func TestChartsWithoutDataAreLeftOut(t *testing.T) {
	if got := titles(&result.Report{Mode: "idle"}); len(got) != 0 {
		t.Errorf("%q of nothing", got)
	}
	remote := sampleReport()
	remote.Server = result.Server{}
	for i := range remote.Series {
		p := &remote.Series[i]
		p.ServerCPU, p.ServerRSS = 0, 0
	}
	want := []string{"Messages", "Latency", "Latency by percentile", "Distribution of latencies", "Open connections", "Processors busy"}
	if got := titles(remote); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if series := processorsBusy(remote).Series; len(series) != 1 || series[0].Color != clientColor {
		t.Errorf("%d lines of processors, want the client's alone", len(series))
	}
}

func TestConnectionsThatAreNotCountedAreNotDrawn(t *testing.T) {
	r := sampleReport()
	for i := range r.Series {
		r.Series[i].Open = 0
	}
	if got := titles(r); slices.Contains(got, "Open connections") {
		t.Errorf("%q", got)
	}
}

func TestErrorsAreDrawnIfThereAreAny(t *testing.T) {
	r := sampleReport()
	r.Errors = map[string]int{"lost": 1}
	r.Series[9].Errors = 1
	if got := titles(r); !slices.Contains(got, "Errors") {
		t.Errorf("%q", got)
	}
}

func TestMemoryOfFewConnectionsIsNotDivided(t *testing.T) {
	r := &result.Report{Conns: 1000, Server: result.Server{}}
	r.Server.Before.RSS = 1 << 20
	for i, open := range []int{0, 499, 500, 1000} {
		r.Series = append(r.Series, result.Point{At: time.Duration(i+1) * time.Second, Open: open, ServerRSS: 1<<20 + 128_000})
	}
	got := memoryPerConn(r).Table(10)
	want := [][]string{{"time since the run began", "RSS per connection"}, {"3s", "256 B"}, {"4s", "128 B"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestIntervalsWithoutMessagesAreGaps(t *testing.T) {
	r := sampleReport()
	if got, want := len(latencies(r).Table(100)), len(r.Series)-5+1; got != want {
		t.Errorf("%d rows, want %d", got, want)
	}
}
