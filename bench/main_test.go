package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/compare"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
)

// bin is the folder of the built programs: bench, and the peers of compare.
var bin string

func TestMain(m *testing.M) {
	var err error
	if bin, err = os.MkdirTemp("", "bench"); err != nil {
		log.Fatal(err)
	}
	programs := append([]compare.Peer{{Name: "bench", Dir: "bench"}, {Name: "echo", Dir: "examples/echo"}}, compare.Peers...)
	if err := compare.Build(context.Background(), "..", bin, programs); err != nil {
		log.Fatal(err)
	}
	status := m.Run()
	os.RemoveAll(bin)
	os.Exit(status)
}

func program(name string) string { return filepath.Join(bin, name) }

// bench runs the program and gives its output and exit status.
func bench(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, diag bytes.Buffer
	cmd := exec.CommandContext(ctx, program("bench"), args...)
	cmd.Stdout, cmd.Stderr = &out, &diag
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	return out.String(), diag.String(), cmd.ProcessState.ExitCode()
}

// echoServer runs examples/echo until the test ends.
func echoServer(t *testing.T, args ...string) (url, debug string) {
	t.Helper()
	debug, err := freeAddr()
	if err != nil {
		t.Fatal(err)
	}
	s, err := proc.Start(program("echo"), append(args, "-pprof", debug)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(10 * time.Second); err != nil {
			t.Error(err)
		}
	})
	return "ws://" + s.Addr + "/", debug
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
}

func TestEchoJSON(t *testing.T) {
	url, debug := echoServer(t)
	out, diag, status := bench(t, "echo", "-url", url, "-debug", debug, "-conns", "50", "-depth", "3", "-duration", "300ms", "-json")
	var r echoReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || status != 0 {
		t.Fatalf("status %d, %v\n%s%s", status, err, out, diag)
	}
	if r.Opened != 50 || r.Held != 50 || r.Messages < 150 || r.Rate < 150 || r.Elapsed < 300*time.Millisecond || len(r.Errors) != 0 {
		t.Errorf("%s", out)
	}
	if l := r.Latency; l.P50 <= 0 || l.P50 > l.P99 || l.P99 > l.P999 || l.P999 > l.Max {
		t.Errorf("latency %+v", l)
	}
	if s := r.Server; r.Client.PerMessage <= 0 || s.CPU.PerMessage <= 0 || s.CPU.Processors <= 0 || s.Before.RSS == 0 || s.After.RSS == 0 || s.RSSPerConn == 0 ||
		s.Before.Goroutines == 0 || s.After.Goroutines > s.Before.Goroutines+moreGoroutines || s.After.Threads == 0 {
		t.Errorf("server %+v", s)
	}
	if diag != "" {
		t.Errorf("no terminal, but progress: %q", diag)
	}
}

// Without -debug the server's process is found by the port it listens on.
func TestEchoText(t *testing.T) {
	url, _ := echoServer(t)
	out, diag, status := bench(t, "echo", "-url", url, "-conns", "5", "-duration", "100ms", "-size", "70000")
	if status != 0 || diag != "" {
		t.Errorf("status %d, %s", status, diag)
	}
	contains(t, out, "5 connections, 70000 B messages, depth 1", "opened", "(5 at the end)", "all verified",
		"p99.9", "per message", "per connection", "goroutines   not known", "No errors.")
}

func TestEchoIdle(t *testing.T) {
	url, _ := echoServer(t)
	out, _, status := bench(t, "echo", "-url", url, "-conns", "20", "-depth", "0", "-duration", "50ms", "-json")
	var r echoReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || status != 0 || r.Messages != 20 || r.Held != 20 {
		t.Errorf("status %d, %v: %s", status, err, out)
	}
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
	out, _, status := bench(t, "echo", "-url", "ws://127.0.0.1:1/", "-duration", "50ms")
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, out, "connection refused")
}

func TestEchoInterrupted(t *testing.T) {
	url, debug := echoServer(t)
	cmd := exec.Command(program("bench"), "echo", "-url", url, "-conns", "5", "-duration", "10m")
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	defer late.Stop()
	awaitConnections(t, debug, 5)
	cmd.Process.Signal(syscall.SIGINT)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	contains(t, out.String(), "Interrupted", "No errors.")
}

// awaitConnections waits until the server has n connections.
func awaitConnections(t *testing.T, debug string, n int) {
	t.Helper()
	want := fmt.Appendf(nil, `"connections":%d}`, n)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		answer, err := http.Get("http://" + debug + "/debug/memory")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || bytes.Contains(body, want) {
			return
		}
	}
	t.Fatalf("the server has not got %d connections", n)
}

func TestTooFewDescriptors(t *testing.T) {
	cmd := exec.Command("sh", "-c", `ulimit -n 300 && exec "$0" echo -conns 1000`, program("bench"))
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
	contains(t, string(out), "300 are allowed", "ulimit -n 1100")
}

func TestWrongUsage(t *testing.T) {
	for _, args := range []string{
		"", "nonsense", "echo -nonsense", "echo extra", "echo -conns 0", "echo -url http://127.0.0.1/", "demo", "demo -echo x -conns -1",
		"compare -peers nobody", "compare -sizes many", "compare -rounds 0", "compare -idle few", "compare -conns 1,", "rawclient extra",
	} {
		out, diag, status := bench(t, strings.Fields(args)...)
		if status != 2 || out != "" || diag == "" {
			t.Errorf("%q: status %d, %q, %q", args, status, out, diag)
		}
	}
	for _, c := range commands {
		if _, diag, status := bench(t, c.name, "-h"); status != 0 || !strings.Contains(diag, "Usage of "+c.name) {
			t.Errorf("%s -h: status %d, %s", c.name, status, diag)
		}
	}
}

func TestDemo(t *testing.T) {
	out, diag, status := bench(t, "demo", "-echo", program("echo"), "-conns", "200", "-duration", "300ms")
	if status != 0 || diag != "" {
		t.Errorf("status %d, %s", status, diag)
	}
	contains(t, out, "1. 200 connections are opened", "messages     200, each compared", "2. 200 of them echo 125 B",
		"p99.9", "3. The server gets SIGTERM", "closed       200", "No errors.", "Every check held.")
}

// The checks of the demo must be able to fail: this server ends badly.
func TestDemoOfABadServer(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad")
	script := fmt.Sprintf("#!/bin/sh\n%s \"$@\" &\ntrap 'kill $!; wait $!; exit 7' TERM\nwait\n", program("echo"))
	if err := os.WriteFile(bad, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	out, _, status := bench(t, "demo", "-echo", bad, "-conns", "10", "-duration", "50ms")
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, out, "Not every check held:", "the server ended with exit status 7")
}

func TestDemoOfNoServer(t *testing.T) {
	_, diag, status := bench(t, "demo", "-echo", "/nowhere/echo", "-conns", "10")
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, diag, "/nowhere/echo")
}
