package report

import (
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

func TestCurveEndsWithTheSlowest(t *testing.T) {
	h := hist.New()
	for i := range 1000 {
		h.Record(0, time.Duration(i+1)*time.Millisecond)
	}
	points := curve(h.Take())
	first, last := points[0], points[len(points)-1]
	if first.X != 0 || first.Y < 1e6 || first.Y > 1.01e6 {
		t.Errorf("begins at %v", first)
	}
	if last.X < 0.9989 || last.X > 0.9991 || last.Y != 1e9 {
		t.Errorf("ends at %v", last)
	}
	for i := 1; i < len(points); i++ {
		if points[i].X <= points[i-1].X || points[i].Y < points[i-1].Y {
			t.Fatalf("%v comes before %v", points[i-1], points[i])
		}
	}
}

func TestCurveOfOne(t *testing.T) {
	if points := curve(constant(1, 5)); len(points) != 1 || points[0].X != 0 || points[0].Y != 5 {
		t.Errorf("%v", points)
	}
}

func TestPercentilesOfGroups(t *testing.T) {
	r := sampleReport()
	if l := percentiles(r); len(l.Series) != 2 || l.Series[0].Name != "messages" {
		t.Errorf("%d lines", len(l.Series))
	}
	r.Load.Groups = []result.Group{{Name: "idle"}, {Name: "chat", Outcome: result.Outcome{Latency: constant(5, 5)}}}
	if l := percentiles(r); len(l.Series) != 2 || l.Series[0].Name != "chat" {
		t.Errorf("%d lines, want those of the group with messages and of connecting", len(l.Series))
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0: "0.0%", 0.5: "50.0%", 0.9: "90.0%", 0.99: "99.00%", 0.99995: "99.99500%"} {
		if got := percent(share); got != want {
			t.Errorf("%v: %q, want %q", share, got, want)
		}
	}
}

func TestBinsHoldEveryLatency(t *testing.T) {
	s := spread(10_000, time.Millisecond)
	var n float64
	last := 0.0
	for _, b := range bins(s) {
		if b.Low < last || b.High <= b.Low || b.Count == 0 {
			t.Errorf("bin %v after %v", b, last)
		}
		n, last = n+b.Count, b.High
	}
	if n != 10_000 {
		t.Errorf("%v latencies, want 10000", n)
	}
	if got := bins(constant(3, 0)); len(got) != 1 || got[0].Count != 3 {
		t.Errorf("durations of 0: %v", got)
	}
}

func TestDistributionOfConnectingWithoutMessages(t *testing.T) {
	r := &result.Report{Load: result.Outcome{Connect: constant(3, time.Millisecond)}}
	if got := distribution(r); len(got) != 1 || got[0].Note != "How many connections took how long." {
		t.Errorf("%v", got)
	}
}
