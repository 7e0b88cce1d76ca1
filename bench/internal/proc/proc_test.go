package proc

import (
	"os"
	"os/exec"
	"runtime/debug"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The clock made for a process's own CPU time is the oracle.
func TestCPUCountsWork(t *testing.T) {
	before, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const work = 100 * time.Millisecond
	for start := OwnCPU(); OwnCPU()-start < work; {
	}
	after, err := CPU(os.Getpid())
	if got := after - before; err != nil || got < work*8/10 || got > work*3 {
		t.Fatalf("%v of work count as %v (%v)", work, got, err)
	}
}

func TestRSSCountsTouchedMemory(t *testing.T) {
	debug.FreeOSMemory() // or else the runtime may do so in between
	before, err := RSS(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20 // outside of the heap, which may hold free memory already
	touched, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(touched)
	for i := 0; i < size; i += 4096 {
		touched[i] = 1
	}
	after, err := RSS(os.Getpid())
	if grown := after - before; err != nil || grown < size*9/10 || grown > size*4 { // the race detector has its own share
		t.Fatalf("64 MiB touched grew RSS by %d (%v)", grown, err)
	}
}

func TestRoughRSS(t *testing.T) {
	exact, err := RSS(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if rough, err := RoughRSS(os.Getpid()); err != nil || rough < exact/2 || rough > exact*2 {
		t.Errorf("roughly %d, exactly %d (%v)", rough, exact, err)
	}
}

func TestThreads(t *testing.T) {
	if n, err := Threads(os.Getpid()); err != nil || n < 2 {
		t.Fatalf("this Go program has %d threads (%v)", n, err)
	}
}

func TestRunning(t *testing.T) {
	ended := exec.Command("true")
	if err := ended.Start(); err != nil {
		t.Fatal(err)
	}
	defer ended.Wait() // until then it has ended, but is still there
	for deadline := time.Now().Add(20 * time.Second); Running(ended.Process.Pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is still running")
		}
	}
	if !Running(os.Getpid()) || Running(1<<30) {
		t.Error("took this process for none, or none for one")
	}
}

func TestNoSuchProcess(t *testing.T) {
	const pid = 1 << 30
	if n, err := CPU(pid); err == nil {
		t.Errorf("CPU of no process: %v", n)
	}
	if n, err := RSS(pid); err == nil {
		t.Errorf("RSS of no process: %v", n)
	}
	if n, err := RoughRSS(pid); err == nil {
		t.Errorf("roughly the RSS of no process: %v", n)
	}
	if n, err := Threads(pid); err == nil {
		t.Errorf("threads of no process: %v", n)
	}
}
