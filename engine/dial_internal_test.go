package engine

import (
	"context"
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// A server that is shutting down takes no more clients, of which some may have
// been given up before they were even begun.
func TestDialGivenUpWhileDraining(t *testing.T) {
	s := NewServer(HandlerFuncs{}, Options{Loops: 1})
	defer s.Close()
	g, err := s.start()
	if err != nil {
		t.Fatal(err)
	}
	g.sessions[0].loop.Post(func() { g.sessions[0].draining = true })
	d := NewDialer(HandlerFuncs{}, DialOptions{})
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for range 20 { // the loop or the context may be first
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		a, err := d.attempt("ws://server.example/")
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.open(cancelled, &Conn{profile: d.settings.profiles[0]}, fds[0], g.sessions[0])
		if !errors.Is(err, ErrServerClosed) && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		unix.Close(fds[1])
	}
}
