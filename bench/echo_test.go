package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestEchoJSON(t *testing.T) {
	url, debug := echoServer(t)
	// Ten points, of which a busy machine may miss some.
	r := loaded(t, 0, "echo", "-url", url, "-debug", debug, "-conns", "50", "-depth", "3", "-duration", "1s", "-interval", "100ms")
	sound(t, r, 50, 150)
	if o := r.Load; o.Elapsed < time.Second || o.CPU <= 0 || o.Connect.Count() != 50 || r.DialTime <= 0 {
		t.Errorf("%+v", o)
	}
	if s := r.Server; s.CPU <= 0 || !memoryKnown(s, 50) ||
		s.Before.Goroutines == 0 || s.After.Goroutines > s.Before.Goroutines+moreGoroutines || s.After.Threads == 0 {
		t.Errorf("server %+v", s)
	}
	points, rate := len(r.Series), 0.0
	for _, p := range r.Series {
		rate = max(rate, p.Rate)
		if p.ServerRSS == 0 {
			t.Errorf("a point without the server's memory: %+v", p)
		}
	}
	if points < 3 || rate == 0 {
		t.Errorf("%d points, the rate is %v", points, rate)
	}
	var names []string
	for _, s := range r.Steps {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, ", "); got != "open, first echo, load" {
		t.Errorf("steps %s", got)
	}
}

// Without -debug the server's process is found by the port it listens on.
func TestEchoText(t *testing.T) {
	url, _ := echoServer(t)
	page := filepath.Join(t.TempDir(), "report.html")
	out, diag, status := bench(t, "echo", "-url", url, "-conns", "5", "-duration", "100ms", "-size", "70000", "-html", page)
	if status != 0 || diag != "" {
		t.Errorf("status %d, %s", status, diag)
	}
	contains(t, out, "5 connections", "70000 B", "opened", "5 at the end", "all verified", "p99.9", "per message", "per connection", "No errors.")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(text), "<html", "<svg", "</html>")
}

func TestEchoAtARate(t *testing.T) {
	url, _ := echoServer(t)
	r := loaded(t, 0, "echo", "-url", url, "-conns", "10", "-rate", "200", "-duration", "500ms")
	sound(t, r, 10, 10)
	if n := r.Load.Sent + r.Load.Late; n < 95 || n > 105 {
		t.Errorf("%d messages were due in half a second, want 100", n)
	}
}

func TestEchoByThreeProcesses(t *testing.T) {
	url, debug := echoServer(t)
	r := loaded(t, 0, "echo", "-url", url, "-debug", debug, "-conns", "50", "-duration", "300ms", "-procs", "3")
	sound(t, r, 50, 50)
	if last := r.Settings[len(r.Settings)-1]; last.Name != "processes" || last.Value != "3" || r.Load.CPU <= 0 {
		t.Errorf("%+v, client CPU %v", last, r.Load.CPU)
	}
}

// With few descriptors there are more processes.
func TestProcessesAsDescriptorsAsk(t *testing.T) {
	url, _ := echoServer(t)
	cmd := exec.Command("sh", "-c", `ulimit -n 300 && exec "$0" echo -url "$1" -conns 500 -duration 100ms`, program("bench"), url)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Error(err)
	}
	contains(t, string(out), "500 connections in 3 processes: one may have 300 descriptors", "processes 3", "No errors.")
}

// Depth 0 is another name for a load of idle connections.
func TestEchoOfDepthZero(t *testing.T) {
	url, _ := echoServer(t)
	out, _, status := bench(t, "echo", "-url", url, "-conns", "20", "-depth", "0", "-duration", "50ms")
	if status != 0 {
		t.Errorf("status %d", status)
	}
	contains(t, out, "idle", "20 of 20", "No errors.")
}

// A server that sends every message to all answers nobody rightly.
func TestEchoCountsWrongReplies(t *testing.T) {
	url, _ := echoServer(t, "-broadcast")
	out, _, status := bench(t, "echo", "-url", url, "-conns", "3", "-duration", "100ms")
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, out, "Errors:")
	if !strings.Contains(out, "reply differs") && !strings.Contains(out, "nobody asked for") {
		t.Error(out)
	}
}

func TestEchoNobodyListens(t *testing.T) {
	for _, procs := range []string{"1", "2"} {
		out, _, status := bench(t, "echo", "-url", "ws://127.0.0.1:1/", "-duration", "50ms", "-procs", procs)
		if status != 1 {
			t.Errorf("status %d", status)
		}
		contains(t, out, "connection refused")
	}
}

func TestEchoInterrupted(t *testing.T) {
	for _, procs := range []string{"1", "2"} {
		url, debug := echoServer(t)
		out, err := startLoad(t, debug, 5, syscall.SIGINT, "echo", "-url", url, "-conns", "5", "-duration", "10m", "-procs", procs)
		if failed, ok := errors.AsType[*exec.ExitError](err); !ok || failed.ExitCode() != 1 {
			t.Errorf("%v, want status 1", err)
		}
		contains(t, out, "Interrupted", "No errors.")
	}
}

// startLoad starts a load in a process group of its own, sends a signal to all
// of that once the server has n connections, and gives the output.
func startLoad(t *testing.T, debug string, n int, signal syscall.Signal, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(program("bench"), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	defer late.Stop()
	awaitConnections(t, debug, n)
	syscall.Kill(-cmd.Process.Pid, signal)
	err := cmd.Wait()
	return out.String(), err
}
