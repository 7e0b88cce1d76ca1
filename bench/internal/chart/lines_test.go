package chart

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestNothingToDraw(t *testing.T) {
	for name, l := range map[string]Lines{
		"no series": {},
		"no points": {Series: []Series{{Name: "a"}}},
		"all gaps":  {Series: []Series{{Points: []Point{{1, math.NaN()}, {math.Inf(1), 1}}}}},
		"log of 0":  {Y: Axis{Scale: Log}, Series: []Series{{Points: []Point{{1, 0}}}}},
	} {
		if got := l.Draw(); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestLines(t *testing.T) {
	l := Lines{
		Title: "Rate",
		X:     Axis{Label: "time", Unit: Time},
		Y:     Axis{Label: "messages/s"},
		Series: []Series{
			{Name: "in", Color: 1, Points: []Point{{0, 1}, {1e9, 2}, {2e9, math.NaN()}, {3e9, 4}}},
			{Name: "out", Color: 2, Dashed: true, Points: []Point{{0, 3}, {3e9, 1000}}},
		},
	}
	drawing := l.Draw()
	texts := wellFormed(t, drawing)
	for _, want := range []string{"time", "messages/s", "in", "out", "1s", "1k", "0\nin: 1\nout: 3"} {
		if !slices.Contains(texts, want) {
			t.Errorf("no %q in %q", want, texts)
		}
	}
	for _, want := range []string{`aria-label="Rate"`, `class="line c2 dashed"`, `class="line c1 dots"`} {
		if !strings.Contains(string(drawing), want) {
			t.Errorf("no %s in %s", want, drawing)
		}
	}
	want := [][]string{{"time", "in", "out"}, {"0", "1", "3"}, {"1s", "2", ""}, {"3s", "4", "1k"}}
	if got := l.Table(10); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTableIsBounded(t *testing.T) {
	l := Lines{Series: []Series{{}}}
	for i := range 1001 {
		l.Series[0].Points = append(l.Series[0].Points, Point{float64(i), 1})
	}
	if got := len(l.Table(100)); got < 80 || got > 101 {
		t.Errorf("%d rows", got)
	}
}

func TestOddValues(t *testing.T) {
	for _, scale := range []Scale{Linear, Log} {
		for _, unit := range []Unit{Count, Time} {
			for _, a := range odd {
				for _, b := range odd {
					l := Lines{X: Axis{Unit: unit}, Y: Axis{Unit: unit, Scale: scale}, Series: []Series{{Points: []Point{{a, b}, {b, a}}}}}
					wellFormed(t, l.Draw())
				}
			}
		}
	}
}

func TestHostileText(t *testing.T) {
	points := []Point{{0, 1}, {1, 2}}
	l := Lines{
		Title: hostile, X: Axis{Label: hostile}, Y: Axis{Label: hostile, Format: func(float64) string { return hostile }},
		Series: []Series{{Name: hostile, Points: points}, {Name: hostile, Color: 99, Points: points}},
		Marks:  []Mark{{0, hostile}},
	}
	wellFormed(t, l.Draw())
}

func TestLongLinesKeepTheirPeaks(t *testing.T) {
	var points []Point
	for i := range 20_000 {
		points = append(points, Point{float64(i), math.Sin(float64(i))})
	}
	points[14_000].Y, points[14_001].Y = 9, -9
	points[6003].Y = math.NaN()
	for i := 10_000; i < 12_000; i++ {
		points[i].Y = math.NaN()
	}
	l := Lines{Series: []Series{{Points: points}}}
	seen := l.thin(points)
	if len(seen) > mostPoints || !slices.Contains(seen, Point{14_000, 9}) || !slices.Contains(seen, Point{14_001, -9}) {
		t.Errorf("%d points, or a peak is lost", len(seen))
	}
	if !slices.IsSortedFunc(seen, func(a, b Point) int { return int(a.X - b.X) }) {
		t.Error("points are out of order")
	}
	if runs := l.runs(seen); len(runs) != 2 {
		t.Errorf("%d runs, want those before and after the gap", len(runs))
	}
	if size := len(l.Draw()); size > 100_000 {
		t.Errorf("the drawing has %d bytes", size)
	}
}
