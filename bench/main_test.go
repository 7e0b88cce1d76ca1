package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/compare"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
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

// awaitConnections waits until the server has n connections.
func awaitConnections(t *testing.T, debug string, n int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !hasConnections(debug, n); {
		if time.Now().After(deadline) {
			t.Fatalf("the server has not got %d connections", n)
		}
	}
}

// hasConnections reports whether a server has n connections.
func hasConnections(debug string, n int) bool {
	answer, err := http.Get("http://" + debug + "/debug/memory")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	var memory struct{ Connections int }
	return json.NewDecoder(answer.Body).Decode(&memory) == nil && memory.Connections == n
}

func TestWrongUsage(t *testing.T) {
	for _, args := range []string{
		"", "nonsense", "echo -nonsense", "echo extra", "echo -conns 0", "echo -depth -1", "echo -rate -1", "echo -url http://127.0.0.1/",
		"echo -spread wide", "echo -require p99", "echo -interval 0s", "idle -hold 0s", "idle -sample -1", "broadcast -size 1", "broadcast -rate 0",
		"churn -messages -1", "mixed", "mixed -scenario /nowhere.json", "check -depth -1", "worker extra", "demo", "demo -echo x -conns -1",
		"compare -peers nobody", "compare -cpu 9999", "broadcast -rate NaN", "echo -rate 1e-10", "echo -server-pid 1073741824", "compare -sizes many", "compare -rounds 0", "compare -idle few", "compare -conns 1,", "rawclient extra",
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

// loaded runs a load that reports in JSON and must end with a status.
func loaded(t *testing.T, status int, args ...string) *result.Report {
	t.Helper()
	out, diag, got := bench(t, append(args, "-json")...)
	var r result.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil || got != status {
		t.Fatalf("%v: status %d, want %d, %v\n%s%s", args, got, status, err, out, diag)
	}
	if r.Mode != args[0] || len(r.Command) == 0 || r.Started.IsZero() || r.Machine == "" || len(r.Settings) == 0 || len(r.Steps) == 0 {
		t.Errorf("%v: %s", args, out)
	}
	return &r
}

// sound fails unless a report is of n connections that all held, without any
// error, with so many messages at least.
func sound(t *testing.T, r *result.Report, n int, messages uint64) {
	t.Helper()
	l := result.NewLatency(r.Load.Latency)
	if r.Conns != n || r.Opened != n || r.Held != n || r.Lost != 0 || r.Load.Messages < messages || len(r.Errors) != 0 ||
		l.P50 <= 0 || l.P50 > l.P90 || l.P90 > l.P99 || l.P99 > l.P999 || l.P999 > l.Max {
		t.Errorf("%s: %d of %d opened, %d held, %d lost, %d messages, %+v, errors %v",
			r.Mode, r.Opened, r.Conns, r.Held, r.Lost, r.Load.Messages, l, r.Errors)
	}
	if last := r.Series[len(r.Series)-1]; last.Open != n || last.At <= 0 {
		t.Errorf("%s: the last point is %+v", r.Mode, last)
	}
}

// memoryKnown tells that the server's memory was looked at, and shared among n
// connections. So few may fit into what it had before.
func memoryKnown(s result.Server, n int64) bool {
	return s.Before.RSS > 0 && s.After.RSS > 0 && s.RSSPerConn == (s.After.RSS-s.Before.RSS)/n
}
