package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestBudgets(t *testing.T) {
	url, _ := echoServer(t)
	load := []string{"echo", "-url", url, "-conns", "5", "-duration", "100ms", "-require"}
	out, _, status := bench(t, append(load, "p99<1h,errors=0,rate>1")...)
	if status != 0 {
		t.Errorf("status %d", status)
	}
	contains(t, out, "Budgets:", "met      p99<1h", "met      errors=0", "met      rate>1")
	out, _, status = bench(t, append(load, "p99<1ns,lost=0,goroutines<100")...)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	contains(t, out, "NOT met  p99<1ns", "met      lost=0", "NOT met  goroutines<100   (not known)")
}

// Errors fail a run, but where a budget allows them.
func TestBudgetOfErrors(t *testing.T) {
	load := []string{"echo", "-url", "ws://127.0.0.1:1/", "-conns", "2", "-duration", "50ms", "-require"}
	for budgets, want := range map[string]int{"opened=0": 1, "opened=0,errors>0": 0, "errors=0": 1} {
		if out, _, status := bench(t, append(load, budgets)...); status != want {
			t.Errorf("%s: status %d, want %d\n%s", budgets, status, want, out)
		}
	}
}

func TestTooFewDescriptors(t *testing.T) {
	for _, command := range []string{"echo", "check"} {
		cmd := exec.Command("sh", "-c", `ulimit -n 300 && exec "$0" "$1" -conns 1000 -procs 1`, program("bench"), command)
		out, _ := cmd.CombinedOutput()
		if status := cmd.ProcessState.ExitCode(); status != 1 {
			t.Errorf("%s: status %d", command, status)
		}
		contains(t, string(out), "descriptors of a load process", "300", "1,100", "ulimit -n 1100")
	}
}

func TestForce(t *testing.T) {
	cmd := exec.Command("sh", "-c", `ulimit -n 300 && exec "$0" echo -url ws://127.0.0.1:1/ -conns 1000 -procs 1 -duration 50ms -force`, program("bench"))
	out, _ := cmd.CombinedOutput()
	contains(t, string(out), "Warning: descriptors of a load process", "connection refused")
}

func TestCheck(t *testing.T) {
	out, _, status := bench(t, "check", "-conns", "10")
	if status != 0 {
		t.Errorf("status %d", status)
	}
	contains(t, out, "descriptors of a load process", "net.ipv4.ip_local_port_range", "available memory", "ok")
}

func TestKilledProcess(t *testing.T) {
	url, debug := echoServer(t)
	killed := make(chan error, 1)
	go func() { killed <- killWorker(debug) }()
	out, _, status := bench(t, "echo", "-url", url, "-conns", "6", "-duration", "1s", "-procs", "2")
	if err := <-killed; err != nil || status != 1 {
		t.Errorf("status %d, %v", status, err)
	}
	contains(t, out, "3 at the end", "ended, with its connections: signal: killed")
}

// killWorker kills one of the processes of a load, of those that this process
// has started, as soon as there is one.
func killWorker(debug string) error {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if !hasConnections(debug, 6) {
			continue
		}
		for _, pid := range descendants(os.Getpid()) {
			args, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			if strings.HasSuffix(string(args), "\x00worker\x00") {
				return syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
	return fmt.Errorf("no worker to kill")
}

// descendants gives the children of a process, and theirs.
func descendants(pid int) (all []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for word := range strings.FieldsSeq(string(text)) {
			child, _ := strconv.Atoi(word)
			all = append(append(all, child), descendants(child)...)
		}
	}
	return all
}
