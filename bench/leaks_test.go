package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestLeaks(t *testing.T) {
	out, _, status := bench(t, "leaks", "-echo", program("echo"), "-messages", "100000", "-conns", "40", "-life", "100")
	if status != 0 {
		t.Errorf("status %d", status)
	}
	contains(t, out, "1. echo, handlers on the loops", "4. broadcast, handlers on workers", "reset within a message", ": 0 faults.")
}

// A server that sends each message to all sends everyone's to others.
func TestLeaksOfALeakingServer(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad")
	script := fmt.Sprintf("#!/bin/sh\nexec %s -broadcast \"$@\"\n", program("echo"))
	if err := os.WriteFile(bad, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	out, _, status := bench(t, "leaks", "-echo", bad, "-messages", "1000", "-conns", "10")
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, out, "ANOTHER CONNECTION'S message", "faults")
}

func TestLeaksFails(t *testing.T) {
	for _, test := range []struct {
		args   []string
		status int
	}{
		{nil, 2},
		{[]string{"-echo", "x", "-messages", "1"}, 2},
		{[]string{"-echo", "x", "-conns", "0"}, 2},
		{[]string{"-echo", "x", "-depth", "0"}, 2},
		{[]string{"-echo", "/nowhere/echo"}, 1},
	} {
		if _, diag, status := bench(t, append([]string{"leaks"}, test.args...)...); status != test.status || diag == "" {
			t.Errorf("%v: status %d, want %d: %s", test.args, status, test.status, diag)
		}
	}
}
