package chart

import (
	"slices"
	"strings"
	"testing"
)

func TestLegendWrapsAndStaysInside(t *testing.T) {
	var legend []entry
	for range 9 {
		legend = append(legend, entry{name: strings.Repeat("name ", 10)})
	}
	places, rows := flow(50, legend)
	if rows < 4 || len(places) != 9 {
		t.Fatalf("%d places in %d rows", len(places), rows)
	}
	for i, at := range places {
		if at.x < 0 || at.x+entryWidth(legend[i]) > Width+1 || at.y >= float64(rows*rowHeight) {
			t.Errorf("entry %d is at %v", i, at)
		}
	}
}

func TestLegendSharesTheFirstRow(t *testing.T) {
	places, rows := flow(50, []entry{{name: "server"}, {name: "client"}})
	if rows != 1 || places[0].y != 0 || places[0].x < 50 {
		t.Errorf("%v in %d rows", places, rows)
	}
}

func TestCrowdedTicksAreLeftOut(t *testing.T) {
	l := Lines{X: Axis{Scale: Nines}, Series: []Series{{Points: []Point{{0, 1}, {1 - 1e-15, 1}}}}}
	texts := wellFormed(t, l.Draw())
	if !slices.Contains(texts, "50%") || slices.Contains(texts, "99.999%") && slices.Contains(texts, "99.9999%") {
		t.Errorf("%q", texts)
	}
}

func TestMarksAreNamedWhereThereIsRoom(t *testing.T) {
	l := Lines{
		Series: []Series{{Points: []Point{{0, 1}, {100, 1}}}},
		Marks:  []Mark{{0, "crowded"}, {1, "roomy"}, {99, "at the end"}},
	}
	texts := wellFormed(t, l.Draw())
	if !slices.Contains(texts, "roomy") || slices.Contains(texts, "crowded") || slices.Contains(texts, "at the end") {
		t.Errorf("%q", texts)
	}
}
