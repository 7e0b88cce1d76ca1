//go:build linux || darwin || freebsd

package loop

import (
	"testing"

	"golang.org/x/sys/unix"
)

// A released socket is the caller's, open, and the loop hears no more of it.
func TestRelease(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	e := new(lastCall)
	l, err := New(OS, e)
	if err != nil {
		t.Fatal(err)
	}
	c := new(Conn)
	if e := l.Add(c, pair[0]); e != 0 {
		t.Fatal(e)
	}
	fd := c.Release()
	if fd != pair[0] || c.Release() != -1 {
		t.Fatalf("released %d, want %d, and once", fd, pair[0])
	}
	c.Abort()           // changes nothing any more
	l.Post(func() {})   // or the tick would wait
	unix.Close(pair[1]) // makes the socket readable
	if err := l.Tick(); err != nil || e.closed != 1 || l.Stats.Open.Load() != 0 {
		t.Fatalf("%v, %d connections closed, %d open", err, e.closed, l.Stats.Open.Load())
	}
	if n, err := l.poller.Wait(l.ready, 0); n != 0 || err != nil {
		t.Errorf("%d events, %v, of a socket that was released", n, err)
	}
	if n, e := OS.Read(fd, make([]byte, 1)); n != 0 || e != 0 {
		t.Errorf("reading from it gave %d, %v, want the end of its stream", n, e)
	}
	if err := unix.Close(fd); err != nil {
		t.Errorf("it was closed: %v", err)
	}
	l.Stop()
	if err := l.Run(); err != nil {
		t.Fatal(err)
	}
}
