package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sockeye-ws/sockeye/codec"
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

// Whoever was told of a connection's end holds the CloseError: giving Dial up
// late must not change it.
func TestGiveUpAfterTheEnd(t *testing.T) {
	end := make(chan *CloseError, 1)
	s := NewServer(HandlerFuncs{Open: func(c *Conn) { c.Close(codec.CloseNormal, "") }}, Options{})
	defer s.Close()
	l, err := listenTCP("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	h := HandlerFuncs{Close: func(_ *Conn, err error) { end <- err.(*CloseError) }}
	c, err := Dial(t.Context(), "ws://"+l.Addr().String()+"/", h, DialOptions{Server: s})
	if err != nil {
		t.Fatal(err)
	}
	got := <-end
	done := make(chan struct{})
	c.conn.Loop().Post(func() {
		c.sessions().giveUp(c, context.Canceled)
		close(done)
	})
	<-done
	if got.Err != nil || !got.Clean {
		t.Errorf("the end became %+v", *got)
	}
}

func TestTurnsWrap(t *testing.T) {
	g := &group{sessions: make([]*sessions, 3)}
	g.turn.Store(math.MaxInt32)
	g.next()
	g.turn.Store(math.MaxUint32)
	g.next()
}

// A client's loop cannot wait for a new handshake in the middle.
func TestDialNeverRenegotiates(t *testing.T) {
	d := NewDialer(HandlerFuncs{}, DialOptions{TLSConfig: &tls.Config{Renegotiation: tls.RenegotiateFreelyAsClient}})
	if got := d.tls.forHost("a.example").Renegotiation; got != tls.RenegotiateNever {
		t.Errorf("renegotiation is %v", got)
	}
}
