package chart

import (
	"slices"
	"strings"
	"testing"
)

func TestBars(t *testing.T) {
	b := Bars{Title: "Cost", X: Axis{Label: "CPU"}, Bars: []Bar{
		{Name: "bare", Value: 1, Low: 1, High: 1, Text: "1.00", Kind: Limit},
		{Name: "this", Value: 1.1, Low: 1, High: 1.3, Text: "1.10", Kind: Ours},
		{Name: "that", Value: 2, Low: 1.9, High: 2.1, Text: "2.00"},
		{Name: "gone", Text: "needs more", Kind: Missing},
	}}
	drawing := string(b.Draw())
	texts := wellFormed(t, b.Draw())
	for _, want := range []string{"bare", "this", "that", "gone", "CPU", "1.10", "needs more", "2"} {
		if !slices.Contains(texts, want) {
			t.Errorf("no %q in %q", want, texts)
		}
	}
	for want, n := range map[string]int{
		`class="bar ours"`: 1, `class="bar limit"`: 1, `class="bar peer"`: 1, `class="whisker"`: 6, `line class="limit"`: 1,
	} {
		if got := strings.Count(drawing, want); got != n {
			t.Errorf("%d times %s, want %d", got, want, n)
		}
	}
}

func TestHostileBars(t *testing.T) {
	for kind := range Missing + 1 {
		long := strings.Repeat("long", 99)
		wellFormed(t, Bars{Title: hostile, X: Axis{Label: hostile}, Bars: []Bar{
			{Name: hostile, Value: 1, Text: hostile, Kind: kind}, {Name: long, Value: 1, Text: long, Kind: kind},
		}}.Draw())
	}
}

func TestOddBars(t *testing.T) {
	if got := (Bars{}).Draw(); got != "" {
		t.Errorf("nothing to draw: %s", got)
	}
	for _, a := range odd {
		for _, c := range odd {
			wellFormed(t, Bars{Bars: []Bar{{Value: a, Low: c, High: a, Kind: Limit}, {Value: c, Low: a, High: c}}}.Draw())
		}
	}
}
