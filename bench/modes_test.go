package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestIdle(t *testing.T) {
	url, debug := echoServer(t)
	for _, procs := range []string{"1", "3"} {
		r := loaded(t, 0, "idle", "-url", url, "-debug", debug, "-conns", "60", "-hold", "200ms", "-sample", "6", "-every", "50ms", "-procs", procs)
		sound(t, r, 60, 6)
		if !memoryKnown(r.Server, 60) || r.Load.Elapsed < 200*time.Millisecond {
			t.Errorf("%+v", r.Server)
		}
	}
}

func TestBroadcast(t *testing.T) {
	url, _ := echoServer(t, "-broadcast")
	for _, procs := range []string{"1", "3"} {
		r := loaded(t, 0, "broadcast", "-url", url, "-conns", "30", "-rate", "50", "-duration", "200ms", "-procs", procs)
		sound(t, r, 30, 300)
		if r.Load.Messages != 300 {
			t.Errorf("%s processes: %d messages, want 10 on each of 30 connections", procs, r.Load.Messages)
		}
	}
}

func TestChurn(t *testing.T) {
	url, _ := echoServer(t)
	for _, procs := range []string{"1", "3"} {
		r := loaded(t, 0, "churn", "-url", url, "-conns", "6", "-messages", "2", "-duration", "300ms", "-procs", procs)
		if n := r.Load.Conns; n < 6 || r.Load.Messages < uint64(2*n) || r.Opened < n || r.Held != 0 || r.Lost != 0 || len(r.Errors) != 0 {
			t.Errorf("%s processes: %d completed, %d opened, %d messages, %d held, %d lost, %v", procs, n, r.Opened, r.Load.Messages, r.Held, r.Lost, r.Errors)
		}
		if c := r.Load.Connect; c.Count() == 0 || c.Max() <= 0 {
			t.Errorf("%s processes: connect latencies %+v", procs, c)
		}
	}
}

func TestMixed(t *testing.T) {
	url, _ := echoServer(t)
	name := filepath.Join(t.TempDir(), "scenario.json")
	text := `{"duration": "500ms", "groups": [{"name": "idle", "conns": 20}, {"name": "chat", "conns": 10, "rate": 20, "size": "50-500"}]}`
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, procs := range []string{"1", "3"} {
		r := loaded(t, 0, "mixed", "-url", url, "-scenario", name, "-procs", procs)
		sound(t, r, 30, 50)
		if g := r.Load.Groups; len(g) != 2 || g[0].Name != "idle" || g[0].Conns != 20 || g[0].Messages != 0 || g[1].Conns != 10 || g[1].Messages != r.Load.Messages {
			t.Errorf("%s processes: groups %+v", procs, g)
		}
	}
}

func TestExampleScenarios(t *testing.T) {
	names, err := filepath.Glob("scenarios/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d scenarios (%v)", len(names), err)
	}
	for _, name := range names {
		if s, err := readScenario(name); err != nil || s.Conns() == 0 || s.Duration <= 0 {
			t.Errorf("%s: %+v (%v)", name, s, err)
		}
	}
}
