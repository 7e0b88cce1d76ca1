package loop

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
)

// Any number of Wakes before a Wait cost one system call: the eventfd counts.
func TestWakesCoalesce(t *testing.T) {
	p := parkedPoller.open(t).(*epoll)
	defer p.Close()
	for round := range 3 {
		for range 1000 {
			p.Wake()
		}
		var count [8]byte
		unix.Read(p.wakeFD, count[:])
		if n := binary.NativeEndian.Uint64(count[:]); n != 1 {
			t.Fatalf("round %d: written %d times", round, n)
		}
		p.woken.Store(false)
		p.Wake()
		expectReady(t, waitFor(t, p, -1)) // takes that one
	}
}
