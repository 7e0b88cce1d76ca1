package proc

import (
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// Pinned calls f on a thread that runs on one processor only, under
// SCHED_BATCH: so that no thread preempts another when it wakes, and two
// processes that wait for each other take turns in whole batches of work.
// Processes that f starts inherit both. The thread is restored afterwards.
func Pinned(cpu int, f func() error) error {
	return Bound([]int{cpu}, func() error { return under(unix.SCHED_BATCH, f) })
}

// Last calls f on a thread that gets a processor only while nobody else wants
// it (SCHED_IDLE), and so do the processes that f starts. The thread is restored
// afterwards.
func Last(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return under(unix.SCHED_IDLE, f)
}

// under calls f under a policy of scheduling, on a thread that is locked.
func under(p uint32, f func() error) error {
	if err := policy(p); err != nil {
		return fmt.Errorf("scheduling policy %d: %w", p, err)
	}
	defer policy(unix.SCHED_NORMAL)
	return f()
}

// Bound calls f on a thread that runs on some processors only, and so do the
// processes that f starts. The thread is restored afterwards.
func Bound(cpus []int, f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("processors of this thread: %w", err)
	}
	if err := bind(0, cpus); err != nil {
		return err
	}
	defer unix.SchedSetaffinity(0, &before)
	return f()
}

// Bind has all threads of this process run on some processors only, and so
// those that they start.
func Bind(cpus []int) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err == nil {
			err = bind(id, cpus)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func bind(thread int, cpus []int) error {
	var only unix.CPUSet
	for _, cpu := range cpus {
		only.Set(cpu)
	}
	if err := unix.SchedSetaffinity(thread, &only); err != nil {
		return fmt.Errorf("bind to processors %v: %w", cpus, err)
	}
	return nil
}

func policy(p uint32) error {
	return unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: p}, 0)
}

// CPUs gives the processors that this process may run on, in ascending order.
// The lowest ones serve more of the machine's interrupts.
func CPUs() (cpus []int, err error) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return nil, fmt.Errorf("processors of this process: %w", err)
	}
	for cpu := 0; len(cpus) < allowed.Count(); cpu++ {
		if allowed.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}
