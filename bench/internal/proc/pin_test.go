package proc

import (
	"fmt"
	"os"
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

func TestLastIsInheritedAndUndone(t *testing.T) {
	policy := func() (name string) {
		out, err := exec.Command("sh", "-c", "cut -d' ' -f41 /proc/self/stat").Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	if err := Last(func() error {
		if got := policy(); got != fmt.Sprint(unix.SCHED_IDLE) {
			t.Errorf("child's policy is %s, want SCHED_IDLE (%d)", got, unix.SCHED_IDLE)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := policy(); got != fmt.Sprint(unix.SCHED_NORMAL) {
		t.Errorf("the policy afterwards is %s", got)
	}
}

// Bind has no way back, so a process of its own is bound.
func TestBind(t *testing.T) {
	if os.Getenv("BIND") != "" {
		cpus, err := CPUs()
		if err == nil {
			err = Bind(cpus[:1])
		}
		if err != nil {
			t.Fatal(err)
		}
		for range 20 { // whatever threads these run on
			done := make(chan struct{})
			go func() {
				defer close(done)
				if now, err := CPUs(); err != nil || !slices.Equal(now, cpus[:1]) {
					t.Errorf("processors %v (%v), want %v", now, err, cpus[:1])
				}
			}()
			<-done
		}
		return
	}
	bound := exec.Command(os.Args[0], "-test.run=^TestBind$")
	bound.Env = append(os.Environ(), "BIND=1")
	if out, err := bound.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestPinnedToNoProcessor(t *testing.T) {
	err := Pinned(1000, func() error { t.Error("called"); return nil })
	if err == nil {
		t.Error("pinned to processor 1000")
	}
}
