package faults

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// socket is a line of /proc/PID/net/tcp.
type socket struct {
	local, remote int // ports
	state         string
	timer         string // what the system waits for
	retries       int64  // of sending the same once more
	inode         string
}

const (
	listening  = "0A"
	zeroWindow = "04" // the timer for asking whether the peer takes bytes again
)

// stuck tells that the peer takes nothing: its window is zero, or what was sent
// has to be sent once more, which nothing else causes on this machine.
func (k socket) stuck() bool { return k.timer == zeroWindow || k.retries > 0 }

// sockets gives those of a process's network namespace.
func sockets(t *testing.T, pid int) (all []socket) {
	t.Helper()
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			if f := strings.Fields(string(line)); len(f) > 9 && f[0] != "sl" {
				timer, _, _ := strings.Cut(f[5], ":")
				all = append(all, socket{port(f[1]), port(f[2]), f[3], timer, hex(f[6]), f[9]})
			}
		}
	}
	return all
}

// port gives the port of an address such as 0100007F:1F90.
func port(addr string) int { return int(hex(addr[strings.LastIndexByte(addr, ':')+1:])) }

func hex(s string) int64 {
	n, _ := strconv.ParseInt(s, 16, 64)
	return n
}

// descriptors gives the open descriptors of a process, and what each is.
func descriptors(pid int) map[int]string {
	all := map[int]string{}
	dir := fmt.Sprintf("/proc/%d/fd/", pid)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if name, err := os.Readlink(dir + e.Name()); err == nil {
			fd, _ := strconv.Atoi(e.Name())
			all[fd] = name
		}
	}
	return all
}

// cpuTime gives what a process has used of the processors.
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+2:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100 everywhere
}
