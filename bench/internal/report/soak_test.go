package report

import (
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/chart"
)

func soakPageOf(t *testing.T, s Soak) string {
	t.Helper()
	var b strings.Builder
	if err := SoakHTML(&b, s); err != nil {
		t.Fatal(err)
	}
	checkPage(t, b.String())
	return b.String()
}

func TestSoakHTML(t *testing.T) {
	line := SoakLine{Server: "echo", Points: []chart.Point{{X: 0, Y: 10}, {X: float64(time.Second), Y: 20}}}
	s := Soak{
		Machine: hostile, Command: []string{"bench", "soak"},
		Summary:  [][2]string{{"messages", "12"}},
		Errors:   map[string]int{hostile: 3},
		Verdicts: []SoakVerdict{{"echo", [][]string{{"figure", "before"}, {"goroutines", "7"}}}},
		Series:   []SoakSeries{{Title: "Goroutines", Unit: chart.Whole, Lines: []SoakLine{line, {Server: "broadcast"}}}},
		Marks:    []chart.Mark{{At: 0, Name: "load"}},
	}
	page := soakPageOf(t, s)
	for _, part := range []string{"all came back", "goroutines", "<svg", "messages", "bench soak", "broadcast", ">3<"} {
		if !strings.Contains(page, part) {
			t.Errorf("no %q", part)
		}
	}
	s.Failed = []string{"a goroutine is left"}
	if page := soakPageOf(t, s); !strings.Contains(page, "not all came back") || !strings.Contains(page, s.Failed[0]) {
		t.Error("the page does not tell that something failed")
	}
}

func TestSoakTable(t *testing.T) {
	var b strings.Builder
	SoakTable(&b, SoakVerdict{"echo", [][]string{{"figure", "before"}, {"goroutines", "7"}}})
	if got, want := b.String(), "\n  echo\n  figure       before\n  goroutines        7\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
