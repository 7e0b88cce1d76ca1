package engine_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// freePort gives an address that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestListenAndServe(t *testing.T) {
	for _, loops := range []int{1, 4} {
		addr := freePort(t)
		s := engine.NewServer(echoing, engine.Options{Loops: loops})
		served := make(chan error, 1)
		go func() { served <- s.ListenAndServe(addr) }()
		t.Cleanup(func() { s.Close() })
		eventually(t, "the server to answer", func() bool { return answers(addr) })
		tcp, _ := net.ResolveTCPAddr("tcp", addr)
		for range 4 * loops {
			p := open(t, &running{s, tcp})
			p.write(text("hello"))
			p.expect(codec.Text, "hello")
		}

		second := engine.NewServer(echoing, engine.Options{Loops: loops})
		if err := second.ListenAndServe(addr); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("loops=%d: a second server at the same address: %v, want EADDRINUSE", loops, err)
		}
		second.Close()
		s.Close()
		if err := receive(t, "ListenAndServe to return", served); !errors.Is(err, engine.ErrServerClosed) {
			t.Errorf("loops=%d: ListenAndServe returned %v", loops, err)
		}
	}
}

// answers tells that a handshake gets an answer at addr: what is there before all
// listeners are, to see whether the address is free, gives none.
func answers(addr string) bool {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return false
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patience))
	io.WriteString(nc, request)
	n, _ := nc.Read(make([]byte, 1))
	return n > 0
}

func TestListenAndServeBadAddress(t *testing.T) {
	t.Parallel()
	s := engine.NewServer(echoing, engine.Options{Loops: 2})
	defer s.Close()
	if err := s.ListenAndServe("127.0.0.1:no such port"); err == nil {
		t.Fatal("listened at no port")
	}
}

// Serve takes listeners over that others made: as with ListenAndServe, replies
// must not wait for Nagle's algorithm.
func TestServedConnectionsHaveNoDelay(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serve(t, r, engine.Options{})
	open(t, s)
	on, err := syscall.GetsockoptInt(engine.FD(r.conn(t)), syscall.IPPROTO_TCP, syscall.TCP_NODELAY)
	if err != nil || on == 0 {
		t.Fatalf("TCP_NODELAY is %d, %v", on, err)
	}
}

// opaqueListener hides what it is: it has no SyscallConn method.
type opaqueListener struct{ net.Listener }

func TestServeRefusesWhatHasNoSocket(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := engine.NewServer(echoing, engine.Options{Loops: 1})
	defer s.Close()
	misuse := new(engine.MisuseError)
	if err := s.Serve(opaqueListener{l}); !errors.As(err, &misuse) {
		t.Fatalf("Serve gives %v, want a MisuseError", err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Fatal("the listener is still open")
	}
}
