package engine_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

const goingAway = "server is shutting down"

func TestShutdownIsGraceful(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serve(t, r, engine.Options{Loops: 2, MaxBuffered: 64 << 20})
	const chunks = 16
	chunk := bytes.Repeat([]byte("a chunk "), 64<<10)
	slow := open(t, s)
	for c := r.conn(t); c.Buffered() == 0; { // more than the sockets hold
		for range chunks {
			if err := c.Send(codec.Binary, chunk); err != nil {
				t.Fatal(err)
			}
		}
		c.SendText("")
	}
	var peers []*peer
	for range 10 {
		peers = append(peers, open(t, s))
	}
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(within(t, patience)) }()
	for _, p := range peers {
		p.expectClose(codec.CloseGoingAway, goingAway)
		p.write(closing(codec.CloseGoingAway, ""))
		p.expectEOF()
		p.Close()
	}
	select {
	case err := <-down:
		t.Fatalf("Shutdown returned %v before the slow reader had read", err)
	default:
	}
	op, got := slow.next()
	for ; op != codec.Close; op, got = slow.next() {
		if op == codec.Binary && !bytes.Equal(got, chunk) {
			t.Fatal("a chunk came altered")
		}
	}
	slow.write(closing(codec.CloseGoingAway, ""))
	slow.Close()
	if err := receive(t, "Shutdown", down); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	for range 11 {
		if got := r.end(t); got.Code != codec.CloseGoingAway || got.Remote || !got.Clean {
			t.Errorf("OnClose got %#v", got)
		}
	}
	if _, err := net.Dial("tcp", s.addr.String()); err == nil {
		t.Error("the listener is still open")
	}
}

func TestShutdownCutsAtItsContextsEnd(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serve(t, r, engine.Options{Loops: 2})
	var peers []*peer
	for range 4 {
		peers = append(peers, open(t, s))
		r.conn(t)
	}
	ctx := within(t, 50*time.Millisecond)
	if err := s.Shutdown(ctx); err != context.DeadlineExceeded {
		t.Errorf("Shutdown: %v, want the context's error", err)
	}
	for _, p := range peers {
		p.expectClose(codec.CloseGoingAway, goingAway)
		p.expectCut()
		got := r.end(t)
		if got.Code != codec.CloseGoingAway || got.Clean || !errors.Is(got, engine.ErrServerClosed) {
			t.Errorf("OnClose got %#v", got)
		}
	}
}

// Shutdowns at the same time all wait for the connections, and all return.
func TestShutdownTwice(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serve(t, r, engine.Options{})
	p := open(t, s)
	c := r.conn(t)
	down := make(chan error, 3)
	for range cap(down) {
		go func() { down <- s.Shutdown(within(t, patience)) }()
	}
	p.expectClose(codec.CloseGoingAway, goingAway)
	eventually(t, "all to wait", func() bool { return engine.ShutdownsWaiting(c) == cap(down) })
	p.write(closing(codec.CloseGoingAway, ""))
	p.Close()
	for range cap(down) {
		if err := receive(t, "Shutdown", down); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}
	if err := s.Shutdown(within(t, patience)); err != nil {
		t.Errorf("Shutdown after Shutdown: %v", err)
	}
}

// A client whose handshake is under way is told to come again.
func TestShutdownRefusesHandshakes(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{Loops: 2})
	silent, half := connect(t, s.addr), connect(t, s.addr)
	half.write(request[:40])
	eventually(t, "both connections", func() bool { return s.Stats().Connections == 2 && s.Stats().BytesIn > 0 })
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(within(t, patience)) }()
	for _, p := range []*peer{silent, half} {
		if status, _ := p.head(); status != "HTTP/1.1 503 Service Unavailable" {
			t.Errorf("answered with %q", status)
		}
		p.Close()
	}
	if err := receive(t, "Shutdown", down); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if got := s.Stats().Refused; got != 2 {
		t.Errorf("%d refused, want 2", got)
	}
}

func TestServerThatIsDownStaysDown(t *testing.T) {
	t.Parallel()
	ends := map[string]func(s *engine.Server) error{
		"Shutdown": func(s *engine.Server) error { return s.Shutdown(context.Background()) },
		"Close":    func(s *engine.Server) error { return s.Close() },
	}
	for name, end := range ends {
		s := engine.NewServer(echoing, engine.Options{Loops: 1})
		if err := end(s); err != nil {
			t.Errorf("%s before Serve: %v", name, err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Serve(l); err != engine.ErrServerClosed {
			t.Errorf("Serve after %s: %v", name, err)
		}
		if err := s.ListenAndServe("127.0.0.1:0"); err != engine.ErrServerClosed {
			t.Errorf("ListenAndServe after %s: %v", name, err)
		}
		if err := s.Broadcast(codec.Prepare(codec.Text, nil)); err != nil {
			t.Errorf("Broadcast after %s: %v", name, err)
		}
		other := serve(t, echoing, engine.Options{})
		if _, err := engine.Dial(within(t, patience), other.url(), echoing, engine.DialOptions{Server: s}); err != engine.ErrServerClosed {
			t.Errorf("Dial after %s: %v", name, err)
		}
	}
}

func TestCloseCutsAll(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serve(t, r, engine.Options{Loops: 2})
	p, handshaking := open(t, s), connect(t, s.addr)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	p.expectCut()
	handshaking.expectCut()
	if got := r.end(t); got.Code != codec.CloseAbnormal || !errors.Is(got, engine.ErrServerClosed) {
		t.Errorf("OnClose got %#v", got)
	}
}

// A loop with very many connections closes them in slices, between which it
// goes on with its other work.
func TestShutdownLeavesRoomForOtherWork(t *testing.T) {
	const conns = 1200
	opened := make(chan *engine.Conn, conns)
	s := serve(t, engine.HandlerFuncs{Open: func(c *engine.Conn) { opened <- c }}, engine.Options{})
	var all []*engine.Conn
	for range conns {
		open(t, s)
		all = append(all, receive(t, "a connection to open", opened))
	}
	left := make(chan int, 1)
	var look func()
	look = func() {
		switch n := openOf(all); {
		case n == conns:
			engine.Post(all[0], look)
		default:
			left <- n
		}
	}
	engine.Post(all[0], look)
	ctx, cancel := context.WithCancel(t.Context())
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(ctx) }()
	if n := receive(t, "connections to be closed", left); n == 0 {
		t.Errorf("all %d connections were closed at one go", conns)
	}
	eventually(t, "all connections to be closed", func() bool { return openOf(all) == 0 })
	cancel()
	if err := receive(t, "Shutdown", down); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: %v", err)
	}
}

func openOf(all []*engine.Conn) (n int) {
	for _, c := range all {
		if c.State() == engine.Open {
			n++
		}
	}
	return n
}

func TestShutdownSpread(t *testing.T) {
	t.Parallel()
	const conns, spread = 20, 400 * time.Millisecond
	s := serve(t, echoing, engine.Options{ShutdownSpread: spread})
	var peers []*peer
	for range conns {
		peers = append(peers, open(t, s))
	}
	down := make(chan error, 1)
	began := time.Now()
	go func() { down <- s.Shutdown(within(t, patience)) }()
	for _, p := range peers {
		p.expectClose(codec.CloseGoingAway, goingAway)
		p.write(closing(codec.CloseGoingAway, ""))
		p.Close()
	}
	if took := time.Since(began); took < spread/2 {
		t.Errorf("all connections were closed within %v", took)
	}
	if err := receive(t, "Shutdown", down); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// A shutdown that is spread leaves those alone whose turn has not come, and
// ends with its context all the same.
func TestShutdownSpreadTooLong(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{ShutdownSpread: time.Hour})
	first, last := open(t, s), open(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(ctx) }()
	first.expectClose(codec.CloseGoingAway, goingAway)
	last.write(text("still here"))
	last.expect(codec.Text, "still here")
	cancel()
	if err := receive(t, "Shutdown", down); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: %v", err)
	}
	last.expectCut()
}

// Whoever was accepted before a shutdown that is spread may still finish the
// handshake, and is told to go at the end of the spread; who does not, is refused then.
func TestShutdownSpreadLetsHandshakesFinish(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{Loops: 2, ShutdownSpread: time.Second})
	silent, half := connect(t, s.addr), connect(t, s.addr)
	half.write(request[:40])
	eventually(t, "both connections", func() bool { return s.Stats().Connections == 2 && s.Stats().BytesIn > 0 })
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(within(t, patience)) }()
	receive(t, "the shutdown to begin", engine.Ending(s.Server))
	eventually(t, "the listener to be closed", func() bool {
		nc, err := net.Dial("tcp", s.addr.String())
		if err == nil {
			nc.Close()
		}
		return err != nil
	})
	half.write(request[40:] + text("late"))
	half.upgraded()
	half.expect(codec.Text, "late")
	half.expectClose(codec.CloseGoingAway, goingAway)
	half.Close()
	if status, _ := silent.head(); status != "HTTP/1.1 503 Service Unavailable" {
		t.Errorf("answered with %q", status)
	}
	silent.Close()
	if err := receive(t, "Shutdown", down); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
