package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestC1M(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.json")
	out, diag, status := bench(t, "c1m", "-server", program("echo"), "-conns", "2000", "-hold", "50ms", "-report", file)
	if status != 0 || diag != "" {
		t.Errorf("status %d, %s", status, diag)
	}
	contains(t, out, "1. 2,000 connections are opened", "echoed       1,999 in", "held         2,000, 0 lost", "received     by 2,000 within",
		"closed       2,000", "No errors.", "Every check held.")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r millionReport
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Conns != 2000 || r.Patience != 1 || r.Open.Open != 2000 || r.Held != 2000 || r.Lost != 0 || r.Closed != 2000 ||
		r.Echo.Messages != 1999 || r.Broadcast.Messages != 2000 || len(r.Errors)+len(r.Failed) != 0 {
		t.Errorf("%s", text)
	}
	if s := r.Server; s.Before.RSS == 0 || r.PeakRSS < s.After.RSS || s.After.GCCount == 0 || s.After.GCPauseMax <= 0 || r.Kernel.Before == 0 || r.Kernel.After == 0 {
		t.Errorf("%s", text)
	}
}

// A server that sends every message to all does not pass.
func TestC1MOfABadServer(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("#!/bin/sh\nexec "+program("echo")+" -broadcast \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	out, _, status := bench(t, "c1m", "-server", bad, "-conns", "20", "-hold", "1ms")
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, out, "Errors:", "Not every check held:", "echoes came back")
}

func TestC1MInterrupted(t *testing.T) {
	cmd := exec.Command(program("bench"), "c1m", "-server", program("echo"), "-conns", "20", "-hold", "10m")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() }).Stop()
	var out strings.Builder
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		out.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "3. ") {
			cmd.Process.Signal(syscall.SIGINT)
		}
	}
	if cmd.Wait(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("ended with %v", cmd.ProcessState)
	}
	contains(t, out.String(), "held         20, 0 lost", "closed       20 in", "No errors.", "- interrupted")
	if strings.Contains(out.String(), "4. ") {
		t.Error("went on to broadcast")
	}
}

func TestC1MWrongUsage(t *testing.T) {
	for _, args := range []string{"c1m", "c1m -server x -conns 1", "c1m -server x -patience 0", "c1m -server x -hold -1s"} {
		if out, diag, status := bench(t, strings.Fields(args)...); status != 2 || out != "" || diag == "" {
			t.Errorf("%q: status %d, %q, %q", args, status, out, diag)
		}
	}
}
