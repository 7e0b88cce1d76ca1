package proc

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// Pinned calls f on a thread that runs on one processor only, under
// SCHED_BATCH: so that no thread preempts another when it wakes, and two
// processes that wait for each other take turns in whole batches of work.
// Processes that f starts inherit both. The thread is restored afterwards.
func Pinned(cpu int, f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, only unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("processors of this thread: %w", err)
	}
	only.Set(cpu)
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		return fmt.Errorf("pin to processor %d: %w", cpu, err)
	}
	defer unix.SchedSetaffinity(0, &before)
	if err := policy(unix.SCHED_BATCH); err != nil {
		return fmt.Errorf("SCHED_BATCH: %w", err)
	}
	defer policy(unix.SCHED_NORMAL)
	return f()
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
