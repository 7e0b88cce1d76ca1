package compare

import (
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

func TestIdleTable(t *testing.T) {
	samples := [][]Memory{
		{{Empty: 5 << 20, Idle: 6 << 20}, {Empty: 5 << 20, Idle: 7 << 20}, {Empty: 6 << 20, Idle: 16 << 20}},
		{{Empty: 4000, Idle: 4000}, {Empty: 4000, Idle: 3000}, {Empty: 4000, Idle: 4000}},
	}
	table := newIdleTable(&Plan{Peers: []Peer{{Name: "large"}, {Name: "small"}}, Files: 2000}, Cell{Idle, 1024, 1024, 1}, samples)
	var b strings.Builder
	report.Table(&b, table.Text())
	want := "               RSS/connection   RSS in all\n" +
		"  large   2,048 B (1,024-10,240)      7.0 MiB\n"
	want = strings.Replace(want, "               RSS", strings.Repeat(" ", 18)+"RSS", 1) +
		"  small                0 B (0-0)      3.9 KiB\n"
	if b.String() != want {
		t.Errorf("\n%s, want\n%s", b.String(), want)
	}
	if got := table.String(); got != "1,024 connections, idle after one message of 1 KiB each" {
		t.Error(got)
	}
}
