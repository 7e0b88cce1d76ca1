package chart

import (
	"slices"
	"strings"
	"testing"
)

func TestHistogram(t *testing.T) {
	h := Histogram{
		Title: "Latencies", X: Axis{Label: "latency", Unit: Time, Scale: Log}, Y: Axis{Label: "messages", Unit: Whole}, Color: 1,
		Bins: []Bin{{1e6, 2e6, 1_000_000}, {2e6, 4e6, 0}, {4e6, 8e6, 1}},
	}
	drawing := h.Draw()
	texts := wellFormed(t, drawing)
	if !slices.Contains(texts, "4ms to 8ms: 1") || !slices.Contains(texts, "1M") {
		t.Errorf("%q", texts)
	}
	if n := strings.Count(string(drawing), ` bar"`); n != 2 {
		t.Errorf("%d bars, want 2", n)
	}
	if !strings.Contains(string(drawing), `height="1"/>`) {
		t.Error("one in a million is not seen")
	}
	want := [][]string{{"latency from", "to", "messages"}, {"1ms", "2ms", "1M"}, {"4ms", "8ms", "1"}}
	if got := h.Table(); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestOddBins(t *testing.T) {
	if got := (Histogram{Bins: []Bin{{1, 2, 0}}}).Draw(); got != "" {
		t.Errorf("nothing to draw: %s", got)
	}
	for _, scale := range []Scale{Linear, Log} {
		for _, a := range odd {
			for _, b := range odd {
				wellFormed(t, Histogram{Title: hostile, X: Axis{Scale: scale}, Bins: []Bin{{a, b, 1}, {1, 2, a}, {b, a, b}}}.Draw())
			}
		}
	}
}
