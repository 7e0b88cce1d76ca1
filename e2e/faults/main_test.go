package faults

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for anything before it fails. To fill sockets
// takes long on a busy machine, as TCP waits for its timers whenever a reader is
// late.
const patience = 3 * time.Minute

// full asks for all cases, not only for those that every change is tried with.
var full = os.Getenv("FULL") == "1"

func TestMain(m *testing.M) {
	if addr := os.Getenv(childVar); addr != "" {
		os.Exit(childMain(addr))
	}
	if os.Getenv("FAULTS") != "1" {
		fmt.Println("skipped: make faults runs these tests")
		return
	}
	if err := check(); err != nil {
		fmt.Fprintln(os.Stderr, "make faults:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// check tells what is missing.
func check() error {
	var missing []string
	for tool, pkg := range map[string]string{"strace": "strace", "nft": "nftables", "ip": "iproute2", "prlimit": "util-linux"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, pkg)
		}
	}
	switch {
	case len(missing) > 0:
		return fmt.Errorf("not all it needs is installed: apt-get install %s", strings.Join(missing, " "))
	case os.Geteuid() != 0:
		return fmt.Errorf("it wants to be root, to trace a process and to make a network namespace")
	case os.Getenv("ECHO") == "":
		return fmt.Errorf("the variable ECHO names no server")
	}
	return nil
}

// waitUntil polls other processes, who tell nobody when they are done.
func waitUntil(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
