package main

import (
	"encoding/json"
	"testing"

	"github.com/sockeye-ws/sockeye/bench/internal/compare"
)

func TestCompareJSON(t *testing.T) {
	out, diag, status := bench(t, "compare", "-rounds", "2", "-duration", "50ms", "-warmup", "20ms",
		"-peers", "epoll,sockeye", "-sizes", "10", "-conns", "5", "-depths", "1,2", "-idle", "20", "-json")
	var r compareReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || status != 0 {
		t.Fatalf("status %d, %v\n%s%s", status, err, out, diag)
	}
	if len(r.Load) != 2 || r.Load[1].Cell != (compare.Cell{Size: 10, Conns: 5, Depth: 2}) || len(r.Idle) != 1 || r.Idle[0].Conns != 20 {
		t.Fatalf("%s", out)
	}
	for _, table := range r.Load {
		for i, row := range table.Rows {
			if row.Peer != compare.Peers[i].Name || len(row.Rounds) != 2 || row.Rate.Min <= 0 || row.Cost.Min <= 0 || row.First.Min <= 0 {
				t.Errorf("%v: %+v", table.Cell, row)
			}
		}
	}
	for i, row := range r.Idle[0].Rows {
		if row.Peer != compare.Peers[i].Name || len(row.Rounds) != 2 || row.RSS.Min < 1<<20 {
			t.Errorf("idle: %+v", row)
		}
	}
}

// Every peer passes through the comparison as it is meant to be used.
func TestCompareText(t *testing.T) {
	out, diag, status := bench(t, "compare", "-rounds", "1", "-duration", "20ms", "-warmup", "10ms", "-sizes", "1024", "-conns", "20", "-depths", "16", "-idle", "50")
	if status != 0 {
		t.Errorf("status %d, %s", status, diag)
	}
	contains(t, out, "1024 B, 20 connections, depth 16", "messages/s", "of epoll", "1.00 (1.00-1.00)",
		"50 connections, idle after one 1024 B message each", "RSS/connection")
	for _, p := range compare.Peers {
		contains(t, out, "\n  "+p.Name+" ")
	}
}

// With no load and no idle connections there is nothing to do.
func TestCompareNothing(t *testing.T) {
	out, diag, status := bench(t, "compare", "-peers", "epoll", "-conns", "", "-idle", "")
	if status != 0 {
		t.Errorf("status %d, %s", status, diag)
	}
	contains(t, out, "Each server takes turns")
}
