package engine

import (
	"errors"
	"net"
	"testing"
	"time"
)

// If one of ListenAndServe's sockets cannot be put on its loop the others are
// closed, but not those of other calls.
func TestListenAllOrNone(t *testing.T) {
	s := NewServer(HandlerFuncs{}, Options{Loops: 2})
	defer s.Close()
	g, err := s.start()
	if err != nil {
		t.Fatal(err)
	}
	open := func() net.Listener {
		l, err := listenTCP("127.0.0.1:0", false)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	other, first, second := open(), open(), open()
	defer other.Close()
	if _, err := g.sessions[0].listen(other, nil, nil); err != nil {
		t.Fatal(err)
	}
	second.Close()
	if err := g.listenAll([]net.Listener{first, second}, nil); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("listening at a closed socket: %v", err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		c, err := net.Dial("tcp", first.Addr().String())
		if err != nil {
			break
		}
		if c.Close(); time.Now().After(end) {
			t.Fatal("the first socket still listens")
		}
	}
	accepted := s.Stats().Accepted
	c, err := net.Dial("tcp", other.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for end := time.Now().Add(20 * time.Second); s.Stats().Accepted == accepted; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing is accepted at the other listener")
		}
	}
}
