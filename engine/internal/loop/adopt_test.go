//go:build linux || darwin || freebsd

package loop

import (
	"testing"

	"golang.org/x/sys/unix"
)

// lastCall is told of ends alone.
type lastCall struct {
	Events
	closed int
}

func (e *lastCall) Ticked()             {}
func (e *lastCall) Closed(*Conn, Errno) { e.closed++ }

// Of an adopted socket others may have a descriptor: it must be forgotten with
// ours, or it would be reported for ever.
func TestAdoptedSocketIsForgotten(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	second, err := unix.Dup(pair[0])
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(second)
	e := new(lastCall)
	l, err := New(OS, e)
	if err != nil {
		t.Fatal(err)
	}
	c := new(Conn)
	if e := l.Adopt(c, pair[0]); e != 0 {
		t.Fatal(e)
	}
	c.Abort()
	l.Post(func() {}) // or the tick would wait
	if err := l.Tick(); err != nil || e.closed != 1 {
		t.Fatalf("%v, %d connections closed", err, e.closed)
	}
	unix.Close(pair[1]) // makes the socket readable
	if n, err := l.poller.Wait(l.ready, 0); n != 0 || err != nil {
		t.Errorf("%d events, %v, of a socket that was closed", n, err)
	}
	l.Stop()
	if err := l.Run(); err != nil {
		t.Fatal(err)
	}
}
