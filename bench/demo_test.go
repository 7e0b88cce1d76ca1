package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

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
