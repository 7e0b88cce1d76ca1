package proc

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPinnedIsInheritedAndUndone(t *testing.T) {
	cpus, err := CPUs()
	if err != nil {
		t.Fatal(err)
	}
	cpu := cpus[len(cpus)-1]
	var out []byte
	err = Pinned(cpu, func() (err error) {
		out, err = exec.Command("cat", "/proc/self/status", "/proc/self/stat").Output()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("Cpus_allowed_list:\t%d\n", cpu); !strings.Contains(string(out), want) {
		t.Errorf("child without %q:\n%s", want, out)
	}
	const policy = 41 - 1 // in proc(5); the fields are counted from 1
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if got := strings.Fields(lines[len(lines)-1])[policy]; got != fmt.Sprint(unix.SCHED_BATCH) {
		t.Errorf("child's policy is %s, want SCHED_BATCH (%d)", got, unix.SCHED_BATCH)
	}
	if after, err := CPUs(); err != nil || !slices.Equal(after, cpus) {
		t.Errorf("processors afterwards: %v (%v), want %v", after, err, cpus)
	}
}

func TestPinnedToNoProcessor(t *testing.T) {
	err := Pinned(1000, func() error { t.Error("called"); return nil })
	if err == nil {
		t.Error("pinned to processor 1000")
	}
}
