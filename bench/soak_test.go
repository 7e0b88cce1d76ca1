package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/compare"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

func soakArgs(echo string, more ...string) []string {
	return append([]string{"soak", "-echo", echo, "-scenario", "scenarios/small.json", "-duration", "2s", "-limit", "4s", "-faults", "8"}, more...)
}

func TestSoak(t *testing.T) {
	dir := t.TempDir()
	page, file := filepath.Join(dir, "page.html"), filepath.Join(dir, "report.json")
	out, diag, status := bench(t, soakArgs(program("echo"), "-html", page, "-report", file)...)
	if status != 0 {
		t.Errorf("status %d\n%s", status, diag)
	}
	contains(t, out, "all verified", "x vanishes", "x breaks a rule", "goroutines", "No errors.", "Every check held.")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(text), "all came back", "<svg", "descriptors", "</html>")
	checkSoakReport(t, file)
}

// checkSoakReport looks for what must be in any report.
func checkSoakReport(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r soakReport
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Messages < 100 || len(r.Faults) < 5 || len(r.Servers) != 2 || len(r.Failed) != 0 {
		t.Errorf("%s", text)
	}
	for _, s := range r.Servers {
		most := 0
		for _, p := range s.Points {
			most = max(most, p.Connections)
		}
		if most < 100 || s.Before.Goroutines == 0 || s.Before.Descriptors == 0 || s.Before.RSS == 0 || s.After.Connections != 0 || s.After.Timers != 0 {
			t.Errorf("%s: %+v, %+v, at most %d connections", s.Name, s.Before, s.After, most)
		}
	}
}

// A server that leaves goroutines behind is found out.
func TestSoakOfALeakyServer(t *testing.T) {
	t.Parallel()
	leaky := compare.Peer{Name: "leaky", Dir: "bench/testdata/leaky"}
	if err := compare.Build(context.Background(), "..", bin, []compare.Peer{leaky}); err != nil {
		t.Fatal(err)
	}
	out, _, status := bench(t, soakArgs(program("leaky"), "-limit", "1s", "-patience", "3s")...)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, out, "NOT BACK", "Not every check held:", "echo: goroutines:")
}

func TestSoakFails(t *testing.T) {
	for args, want := range map[string]int{
		"soak":                                 2,
		"soak -echo x":                         2,
		"soak -echo x -scenario /nowhere.json": 2,
		"soak -echo x -scenario scenarios/small.json -faults 0":            2,
		"soak -echo x -scenario scenarios/small.json -limit -1s":           2,
		"soak -echo x -scenario scenarios/small.json -html /dev/null/here": 1,
		"soak -echo /nowhere -scenario scenarios/small.json":               1,
	} {
		if _, diag, status := bench(t, strings.Fields(args)...); status != want || diag == "" {
			t.Errorf("%s: status %d, want %d: %s", args, status, want, diag)
		}
	}
}

// Each figure is judged: what is counted exactly to one, memory and threads
// with some room.
func TestJudge(t *testing.T) {
	const mega = 1 << 20
	before := soakPoint{Snapshot: watch.Snapshot{RSS: 100 * mega, Heap: 20 * mega, Goroutines: 9, Threads: 8}, Descriptors: 17}
	for name, change := range map[string]func(p *soakPoint){
		"connections": func(p *soakPoint) { p.Connections++ },
		"timers":      func(p *soakPoint) { p.Timers++ },
		"goroutines":  func(p *soakPoint) { p.Goroutines++ },
		"descriptors": func(p *soakPoint) { p.Descriptors++ },
		"in buffers":  func(p *soakPoint) { p.Buffered++ },
		"live heap":   func(p *soakPoint) { p.Heap += 2*mega + 1 },
		"RSS":         func(p *soakPoint) { p.RSS += 10*mega + 1 },
		"threads":     func(p *soakPoint) { p.Threads += 5 },
	} {
		s := soaked{Before: before, now: before}
		if failed := s.judge(); len(failed) != 0 {
			t.Fatalf("nothing has changed: %v", failed)
		}
		change(&s.now)
		if failed := s.judge(); len(failed) != 1 || !strings.HasPrefix(failed[0], name+": ") {
			t.Errorf("%s: %v", name, failed)
		}
	}
	s := soaked{Before: before, now: soakPoint{At: time.Second}}
	if failed := s.judge(); len(failed) != 0 {
		t.Errorf("less is no failure: %v", failed)
	}
}
