package engine_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The process has room for all the descriptors it may have before it accepts:
// to make some while connections come would keep them all waiting.
func TestReservesDescriptors(t *testing.T) {
	t.Parallel()
	const descriptors = 3000
	server := startChild(t, fmt.Sprint(descriptors))
	p := connect(t, server.addr)
	if p.write(request); !p.accepted() {
		t.Fatal("not served")
	}
	if n := tableSize(t, server.pid); n < descriptors {
		t.Errorf("the table of descriptors has room for %d, want %d", n, descriptors)
	}
}

// tableSize gives the size of a process's table of descriptors.
func tableSize(t *testing.T, pid int) (n int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, size, _ := strings.Cut(string(status), "FDSize:")
	if _, err := fmt.Sscan(size, &n); err != nil {
		t.Fatal(err)
	}
	return n
}
