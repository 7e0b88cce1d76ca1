package main

import (
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/bench/internal/preflight"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
)

func TestProcesses(t *testing.T) {
	limit, err := proc.Files()
	if err != nil {
		t.Fatal(err)
	}
	each := limit - otherFiles
	for _, c := range []struct{ conns, asked, want int }{
		{1, 0, 1}, {each, 0, 1}, {each + 1, 0, 2}, {3 * each, 0, 3}, {10, 4, 4}, {3, 4, 3},
	} {
		if n, err := processes(c.conns, c.asked); err != nil || n != c.want {
			t.Errorf("%d connections, %d asked for: %d processes (%v), want %d", c.conns, c.asked, n, err, c.want)
		}
	}
}

func TestComplaints(t *testing.T) {
	texts := complaints([]preflight.Check{
		{Name: "fine", Value: "2", Need: "1"},
		{Name: "net.core.somaxconn", Value: "1", Need: "2", Grade: preflight.Warning, Why: "it stalls", Fix: []string{"sysctl -w a=1", "sysctl -w b=2"}},
	})
	if want := "net.core.somaxconn: 1, but 2 needed: it stalls\nsysctl -w a=1\nsysctl -w b=2"; len(texts) != 1 || texts[0] != want {
		t.Errorf("%q, want %q", texts, want)
	}
	var out strings.Builder
	complain(&out, nil)
	if out.Len() != 0 {
		t.Errorf("complained of nothing: %s", out.String())
	}
	complain(&out, texts)
	contains(t, out.String(), "  net.core.somaxconn: 1, but 2 needed", "\n      sysctl -w b=2\n")
}

func TestPerSecond(t *testing.T) {
	for rate, want := range map[float64]string{0: "", 5000: "5,000/s", 0.5: "0.5/s"} {
		if got := perSecond(rate); got != want {
			t.Errorf("%v: %q, want %q", rate, got, want)
		}
	}
}
