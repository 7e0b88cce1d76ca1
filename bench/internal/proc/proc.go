// Package proc reads what Linux tells about a process, and starts processes
// under measurable conditions.
package proc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// CPU gives the processor time that the threads of a process have used, to
// the nanosecond: the sum of /proc/PID/task/*/schedstat. What ended threads
// used is not in it; a Go program rarely ends one. The time of a thread that
// is running right now is up to date only to the last scheduler tick.
func CPU(pid int) (time.Duration, error) {
	tasks, err := filepath.Glob(path(pid, "task/*/schedstat"))
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, name := range tasks {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // ended since it was listed
		}
		ran, _, _ := bytes.Cut(text, []byte(" "))
		n, err := strconv.ParseInt(string(ran), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		sum += time.Duration(n)
	}
	if sum == 0 {
		return 0, fmt.Errorf("no processor time in /proc/%d/task/*/schedstat: no such process, or a kernel without it", pid)
	}
	return sum, nil
}

// OwnCPU gives the processor time that this process has used, exactly: the
// thread that asks is running, so that [CPU] would lack its current time slice.
func OwnCPU() time.Duration {
	var used unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &used); err != nil {
		return 0 // cannot be: Linux always has this clock
	}
	return time.Duration(used.Nano())
}

// RSS gives the bytes of physical memory that a process holds, exactly: from
// smaps_rollup, as VmRSS of status lags by some dozen pages per processor.
func RSS(pid int) (int64, error) { return kilobytes(path(pid, "smaps_rollup"), "Rss") }

// RoughRSS gives nearly the same from statm, at a small part of the cost.
func RoughRSS(pid int) (int64, error) {
	text, err := os.ReadFile(path(pid, "statm"))
	if err != nil {
		return 0, err
	}
	var size, resident int64 // in pages
	_, err = fmt.Sscan(string(text), &size, &resident)
	return resident * int64(os.Getpagesize()), err
}

// PeakRSS gives the most physical memory that a process has held so far.
func PeakRSS(pid int) (int64, error) { return kilobytes(path(pid, "status"), "VmHWM") }

// ForgetPeak has [PeakRSS] count anew from now on.
func ForgetPeak(pid int) error { return os.WriteFile(path(pid, "clear_refs"), []byte("5"), 0) }

// Running reports whether there is such a process, and it has not ended: one
// that only waits for its parent to take notice has.
func Running(pid int) bool {
	text, err := os.ReadFile(path(pid, "stat"))
	if err != nil {
		return false
	}
	_, state, _ := bytes.Cut(text[bytes.LastIndexByte(text, ')')+1:], []byte(" ")) // "1 (name) S ..."
	return len(state) > 0 && state[0] != 'Z' && state[0] != 'X'
}

// Threads gives the number of threads of a process.
func Threads(pid int) (int, error) {
	n, err := field(path(pid, "status"), "Threads")
	return int(n), err
}

func path(pid int, file string) string { return fmt.Sprintf("/proc/%d/%s", pid, file) }

func kilobytes(file, name string) (int64, error) {
	n, err := field(file, name)
	return n << 10, err
}

// field gives the number in a line "name:  number ..." of a file.
func field(file, name string) (int64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		words := bytes.Fields(line)
		if len(words) > 1 && string(words[0]) == name+":" {
			return strconv.ParseInt(string(words[1]), 10, 64)
		}
	}
	return 0, fmt.Errorf("%s: no %s", file, name)
}
