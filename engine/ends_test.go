package engine_test

import (
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// Limits as large as there are mean none, and must not overflow.
func TestGreatestLimits(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]engine.Options{
		"MaxMessage":  {MaxMessage: math.MaxInt},
		"MaxBuffered": {MaxBuffered: math.MaxInt},
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, serve(t, engine.HandlerFuncs{Message: echo}, o))
			p.write(text("x"))
			p.expect(codec.Text, "x")
		})
	}
}

// While the socket is full a pong waits; behind a Close frame nothing may come.
func TestNoPongBehindClose(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{MaxBuffered: 64 << 20})
	p := open(t, s)
	c := r.conn(t)
	narrow(t, c)
	for c.Buffered() < 8<<20 { // more than the peer's kernel takes
		if err := c.Send(codec.Binary, make([]byte, 256<<10)); err != nil {
			t.Fatal(err)
		}
	}
	ping, before := frame(codec.Ping, "late"), s.Stats().BytesIn
	p.write(ping)
	eventually(t, "the ping is read", func() bool { return s.Stats().BytesIn == before+uint64(len(ping)) })
	if err := c.Close(codec.CloseNormal, ""); err != nil {
		t.Fatal(err)
	}
	for op := codec.Binary; op != codec.Close; {
		op, _ = p.next()
	}
	p.write(closing(codec.CloseNormal, ""))
	p.expectEOF()
}

func TestAbortWhileClosing(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{Message: func(c *engine.Conn, _ codec.Opcode, _ []byte) {
		c.Close(codec.CloseNormal, "bye")
		c.Abort()
	}})
	open(t, serve(t, r, engine.Options{})).write(text("x"))
	if end := r.end(t); end.Code != codec.CloseNormal || end.Clean || !errors.Is(end, engine.ErrAborted) {
		t.Errorf("OnClose got %+v", *end)
	}
}

// A handler that ends the loop's goroutine ends its connections, no more.
func TestGoexitInHandler(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{Message: func(*engine.Conn, codec.Opcode, []byte) { runtime.Goexit() }})
	s := serve(t, r, engine.Options{Loops: 1})
	open(t, s).write(text("x"))
	r.end(t)
	if err := s.Shutdown(within(t, patience)); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// So it is while Shutdown waits for the connection to go.
func TestGoexitDuringShutdown(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{Close: func(*engine.Conn, error) { runtime.Goexit() }})
	s := serve(t, r, engine.Options{Loops: 1})
	p := open(t, s)
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(within(t, patience)) }()
	p.expectClose(codec.CloseGoingAway, goingAway)
	p.write(closing(codec.CloseGoingAway, ""))
	p.Close()
	if err := receive(t, "Shutdown", down); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
