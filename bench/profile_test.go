package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/bench/internal/profile"
)

func TestProfile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	out, diag, status := bench(t, "profile", "-echo", program("echo"), "-dir", dir, "-duration", "1s", "-idle", "2000")
	if status != 0 {
		t.Fatalf("status %d\n%s", status, diag)
	}
	contains(t, out, "while 100 connections echo 125 B", "system call sendto", "2,000 idle connections")
	for _, name := range []string{"cpu.pb.gz", "cpu.html", "heap.pb.gz", "heap.html"} {
		path := filepath.Join(dir, name)
		if file, err := os.Stat(path); err != nil || file.Size() == 0 || !strings.Contains(out, path) {
			t.Errorf("%s is not there, empty or not told of (%v)", path, err)
		}
	}
	// Every allocation is sampled: what a connection is made of, and no more.
	if each := perConn(t, out, "engine"); each < 64 || each > 128 {
		t.Errorf("a connection holds %v B of the engine's", each)
	}
}

// perConn finds what a part has of each connection in the table of memory.
func perConn(t *testing.T, out, part string) float64 {
	t.Helper()
	_, memory, _ := strings.Cut(out, "per connection\n")
	for line := range strings.Lines(memory) {
		if cells := strings.Fields(line); len(cells) > 2 && cells[0] == part {
			each, err := strconv.ParseFloat(cells[len(cells)-2], 64)
			if err != nil {
				t.Fatal(err)
			}
			return each
		}
	}
	t.Fatalf("no %s in:\n%s", part, out)
	return 0
}

func TestProfileFails(t *testing.T) {
	for args, want := range map[string]int{
		"profile":                             2,
		"profile -echo x -duration 10ms":      2,
		"profile -echo x -idle 0":             2,
		"profile -echo /nowhere":              1,
		"profile -echo x -dir /dev/null/here": 1,
	} {
		_, diag, status := bench(t, strings.Fields(args)...)
		if status != want || diag == "" {
			t.Errorf("%s: status %d, want %d: %s", args, status, want, diag)
		}
	}
}

// A process with -pprof can be profiled while it loads.
func TestPprofOfBench(t *testing.T) {
	url, debug := echoServer(t)
	addr, err := freeAddr()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program("bench"), "echo", "-url", url, "-conns", "10", "-duration", "1m", "-pprof", addr)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	awaitConnections(t, debug, 10)
	if p, err := profile.Heap(t.Context(), addr); err != nil || profile.Total(p) == 0 {
		t.Errorf("no profile of memory: %v", err)
	}
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
}
