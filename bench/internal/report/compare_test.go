package report

import (
	"strings"
	"testing"
	"time"
)

func comparePageOf(t *testing.T, c Comparison) string {
	t.Helper()
	var b strings.Builder
	if err := CompareHTML(&b, c); err != nil {
		t.Fatal(err)
	}
	checkPage(t, b.String())
	return b.String()
}

func TestComparePage(t *testing.T) {
	got := comparePageOf(t, Comparison{
		Started: time.Date(2026, 11, 22, 4, 44, 38, 0, time.UTC),
		Machine: "2 processors",
		Command: "bench compare",
		Notes:   []string{"One client for all."},
		Peers:   []ComparedPeer{{Name: "that", Version: "v1.2.3", How: "With defaults."}},
		Figures: []Figure{
			{Title: "125 B", Unit: "server CPU", Note: "On one processor.", LowerIsBetter: true, Bars: []Bar{
				{Name: "bare", Value: 1, Low: 1, High: 1, Text: "1.00", Limit: true},
				{Name: "this", Value: 1.1, Low: 1.05, High: 1.2, Text: "1.10", Ours: true},
				{Name: "that", Missing: "needs more"},
			}},
			{Title: "1 MiB", Unit: "MB/s", Bars: []Bar{{Name: "this", Value: 10, Low: 10, High: 10, Text: "10"}}},
			{Title: "left out"},
		},
	})
	for _, want := range []string{
		"<h1>WebSocket servers compared</h1>", "22 November 2026", "2 processors", "bench compare", "One client for all.",
		"On one processor. Lower is better.", "Higher is better.", "bare: the limit",
		`<th scope="row">that</th><td>needs more</td>`, `<td>v1.2.3</td><td>With defaults.</td>`, `class="bar ours"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	if strings.Contains(got, "left out") {
		t.Error("the page has a figure without bars")
	}
	if n := strings.Count(got, "<svg"); n != 2 {
		t.Errorf("%d charts, want 2", n)
	}
}

func TestComparePageOfNothing(t *testing.T) {
	if got := comparePageOf(t, Comparison{Title: "Empty"}); strings.Contains(got, "the limit") || strings.Contains(got, "The servers") {
		t.Error("the page of nothing tells of something")
	}
}

func TestHostileComparison(t *testing.T) {
	comparePageOf(t, Comparison{
		Title: hostile, Machine: hostile, Command: hostile, Notes: []string{hostile},
		Peers:   []ComparedPeer{{hostile, hostile, hostile}},
		Figures: []Figure{{Title: hostile, Unit: hostile, Note: hostile, Bars: []Bar{{Name: hostile, Text: hostile, Limit: true}, {Name: hostile, Missing: hostile}}}},
	})
}
