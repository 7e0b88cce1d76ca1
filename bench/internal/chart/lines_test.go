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

func TestGapsAreOnTheAxis(t *testing.T) {
	l := Lines{Series: []Series{{Points: []Point{{0, 1}, {3, 2}, {9, math.NaN()}}}}}
	if texts := wellFormed(t, l.Draw()); !slices.Contains(texts, "8") {
		t.Errorf("%q ends before the gap", texts)
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
