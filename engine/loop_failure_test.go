package engine

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

var errPoller = errors.New("the poller failed")

// fragile is the operating system, with pollers that can be broken.
type fragile struct {
	loop.System
	pollers []*fragilePoller
}

type fragilePoller struct {
	loop.Poller
	broken atomic.Bool
}

func (s *fragile) NewPoller() (loop.Poller, error) {
	inner, err := s.System.NewPoller()
	p := &fragilePoller{Poller: inner}
	s.pollers = append(s.pollers, p)
	return p, err
}

func (p *fragilePoller) Wait(events []loop.Event, deadline int64) (n int, err error) {
	if n, err = p.Poller.Wait(events, deadline); p.broken.Load() {
		return 0, errPoller
	}
	return n, err
}

func (p *fragilePoller) fail() {
	p.broken.Store(true)
	p.Wake()
}

// openAt opens a connection to l.
func openAt(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(c, instantHandshake)
	answer, err := http.ReadResponse(bufio.NewReader(c), nil) // nothing is behind it yet
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(answer, err)
	}
	return c
}

// When a loop fails its connections are gone; the server says goodbye to all
// others, and all Serves return why.
func TestLoopFails(t *testing.T) {
	system, opened, closed := &fragile{System: loop.OS}, make(chan *Conn, 1), make(chan error, 10)
	s := NewServer(HandlerFuncs{
		Open:  func(c *Conn) { opened <- c },
		Close: func(_ *Conn, err error) { closed <- err },
	}, Options{Loops: 2, CloseTimeout: 20 * time.Second, Logger: slog.New(slog.DiscardHandler)})
	s.system = system
	defer s.Close()
	g, err := s.start()
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 2)
	var l net.Listener
	for range 2 {
		if l, err = listenTCP("127.0.0.1:0", false); err != nil {
			t.Fatal(err)
		}
		go func(l net.Listener) { served <- s.Serve(l) }(l)
	}
	var peers [2]net.Conn // one on each loop
	for peers[0] == nil || peers[1] == nil {
		p, i := openAt(t, l), 0
		if c := <-opened; c.conn.Loop() == g.sessions[1].loop {
			i = 1
		}
		if peers[i] != nil {
			peers[i].Close()
			<-closed
		}
		peers[i] = p
	}
	system.pollers[0].fail()
	if n, err := io.ReadFull(peers[0], make([]byte, 1)); err == nil {
		t.Errorf("a connection of the loop that failed got %d bytes", n)
	}
	farewell := codec.AppendClose(nil, codec.CloseGoingAway, "server is shutting down")
	got := make([]byte, len(farewell))
	if _, err := io.ReadFull(peers[1], got); err != nil || !bytes.Equal(got, farewell) {
		t.Fatalf("a connection of the other loop got %q, %v", got, err)
	}
	peers[1].Write(codec.AppendMaskedClose(nil, codec.CloseGoingAway, "", [4]byte{1, 2, 3, 4}))
	peers[1].Close()
	for range peers {
		if err := <-served; !errors.Is(err, errPoller) {
			t.Errorf("Serve returned %v", err)
		}
		if end := <-closed; end.(*CloseError).Code == codec.CloseAbnormal && !errors.Is(end, errPoller) {
			t.Errorf("OnClose got %v", end)
		}
	}
	if _, err := s.start(); !errors.Is(err, errPoller) {
		t.Errorf("then it returned %v", err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
