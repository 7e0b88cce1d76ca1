package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/bench/internal/attack"
)

// An attack of each kind; .ci/run has all of them.
func TestAttacks(t *testing.T) {
	for name, answer := range map[string]string{
		"length-2^63-1": "close 1009 × ",
		"unfinished":    "echo × 50",
		"pings-unread":  "the latest pong × 10",
		"slowloris":     "cut × ",
		"bomb":          "close 1009 × ",
		"empty-blocks":  "close 1009 × ",
		"empty-tables":  "close 1009 × ",
		"split":         "echo × ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, document := filepath.Join(t.TempDir(), "page.html"), filepath.Join(t.TempDir(), "table.md")
			out, diag, status := bench(t, "attacks", "-echo", program("echo"), "-quick", "-only", name, "-html", page, "-markdown", document)
			if status != 0 || diag != "" {
				t.Fatalf("status %d\n%s%s", status, diag, out)
			}
			contains(t, out, name, answer, "Every target was met.")
			for _, file := range []string{page, document} {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				contains(t, string(text), name, answer)
			}
		})
	}
}

// The targets must be able to be missed: this server takes larger messages, and
// more time.
func TestAttacksOnABadServer(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad")
	script := fmt.Sprintf("#!/bin/sh\nexec %s \"$@\" -max-message 8388608 -handshake-timeout 1m\n", program("echo"))
	if err := os.WriteFile(bad, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	out, diag, status := bench(t, "attacks", "-echo", bad, "-quick", "-only", "fragments-endless,half-request", "-json")
	var o attack.Outcome
	if err := json.Unmarshal([]byte(out), &o); err != nil || status != 1 || len(o.Rows) != 2 {
		t.Fatalf("status %d, %v\n%s%s", status, err, diag, out)
	}
	contains(t, strings.Join(o.Rows[0].Missed, "\n"), "an attacker pinned ")
	contains(t, strings.Join(o.Rows[1].Missed, "\n"), `100 answers were "held"`, "a connection lasted ")
}

func TestAttacksList(t *testing.T) {
	out, _, status := bench(t, "attacks", "-list")
	if status != 0 {
		t.Errorf("status %d", status)
	}
	contains(t, out, attack.Names()...)
}

func TestAttacksFail(t *testing.T) {
	for args, want := range map[string]int{
		"attacks":                             2,
		"attacks -echo x -only nothing":       2,
		"attacks -echo x -html /nowhere/page": 2,
		"attacks -echo /nowhere":              1,
		"attacker":                            2,
		"attacker -attack nothing":            2,
	} {
		_, diag, status := bench(t, strings.Fields(args)...)
		if status != want || diag == "" {
			t.Errorf("%s: status %d, want %d: %s", args, status, want, diag)
		}
	}
}
