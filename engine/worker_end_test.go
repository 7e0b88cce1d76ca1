package engine_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// log makes the handler of g note its calls, beside what it does.
func (g *gate) log() (calls <-chan string) {
	to := make(chan string, 100)
	message := g.Message
	g.Message = func(c *engine.Conn, op codec.Opcode, p []byte) {
		to <- string(p)
		message(c, op, p)
	}
	g.Close = func(*engine.Conn, error) { to <- "OnClose" }
	return to
}

// However the peer ends the connection, what it sent before is delivered, and
// then OnClose, once the handler is no longer blocked.
func TestMessagesBeforeTheEndAreDelivered(t *testing.T) {
	t.Parallel()
	ends := map[string]func(p *peer){
		"Close frame": func(p *peer) {
			p.write(closing(3000, "bye"))
			p.expectClose(3000, "bye") // at once, though a handler is blocked
			p.expectEOF()
			p.Close()
		},
		"end of stream": func(p *peer) { p.Close() },
		"violation": func(p *peer) {
			p.write("\x83\x80\x00\x00\x00\x00")
			op, _ := p.next()
			if op != codec.Close {
				p.t.Errorf("got opcode %d, want a Close", op)
			}
			p.Close()
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate(t)
			calls := g.log()
			s := serve(t, g, engine.Options{Workers: 1})
			p, _ := g.block(t, s)
			p.write(numberedTexts(3))
			eventually(t, "the messages to wait", func() bool { return s.Stats().MessagesIn == 4 })
			end(p)
			g.release()
			var got []string
			for range 5 {
				got = append(got, receive(t, "a call", calls))
			}
			if want := []string{"block", "0", "1", "2", "OnClose"}; !slices.Equal(got, want) {
				t.Errorf("calls %q, want %q", got, want)
			}
		})
	}
}

// A peer that ends its stream behind its messages still gets the answers, all
// of them, though they come late.
func TestHalfCloseOnWorkers(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	p, c := g.block(t, serve(t, g, engine.Options{Workers: 1}))
	p.write(numberedTexts(3))
	p.closeWrite()
	eventually(t, "the end to come", func() bool { return !engine.Hears(c) })
	g.release()
	for _, want := range []string{"block", "0", "1", "2"} {
		p.expect(codec.Text, want)
	}
	p.expectEOF()
	if got := g.end(t); got.Code != codec.CloseAbnormal {
		t.Errorf("OnClose got %#v", got)
	}
}

// After we have closed, what waits is not delivered; and the peer's answer is
// found behind what was not even decoded.
func TestNothingIsDeliveredAfterClose(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	calls := g.log()
	p, c := g.block(t, serve(t, g, engine.Options{Workers: 1, Mailbox: 2}))
	p.write(numberedTexts(20) + closing(3000, ""))
	eventually(t, "the mailbox to be full", func() bool { return engine.Held(c) })
	c.Close(3000, "enough")
	p.expectClose(3000, "enough")
	p.expectEOF()
	p.Close()
	eventually(t, "the connection to be gone", func() bool { return c.State() == engine.Closed })
	g.release()
	if got := g.end(t); !got.Clean {
		t.Errorf("OnClose got %#v", got)
	}
	for _, want := range []string{"block", "OnClose"} {
		if got := receive(t, "a call", calls); got != want {
			t.Errorf("call %q, want %q", got, want)
		}
	}
}

func TestShutdownWaitsForHandlers(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	s := serve(t, g, engine.Options{Workers: 1})
	p, c := g.block(t, s)
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(within(t, patience)) }()
	p.expectClose(codec.CloseGoingAway, goingAway)
	p.write(closing(codec.CloseGoingAway, ""))
	p.expectEOF()
	p.Close()
	eventually(t, "the connection to be gone", func() bool { return c.State() == engine.Closed })
	select {
	case err := <-down:
		t.Fatalf("Shutdown returned %v before the handler", err)
	case <-time.After(20 * time.Millisecond):
	}
	g.release()
	if err := receive(t, "Shutdown", down); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if len(g.closed) != 1 {
		t.Error("Shutdown returned before OnClose")
	}
}

// Neither Shutdown nor Close waits for ever for a handler that is stuck. When
// that returns after all, the rest is made up for.
func TestEndsDespiteStuckHandler(t *testing.T) {
	t.Parallel()
	ends := map[string]func(s *engine.Server) error{
		"Shutdown": func(s *engine.Server) error {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
				return errors.Join(errors.New("not the context's error"), err)
			}
			return nil
		},
		"Close": func(s *engine.Server) error { return s.Close() },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate(t)
			s := serve(t, g, engine.Options{Workers: 1})
			p, c := g.block(t, s)
			if err := end(s.Server); err != nil {
				t.Error(err)
			}
			p.expectCut()
			if err := c.SendText("too late"); err != engine.ErrClosed {
				t.Errorf("Send: %v, want ErrClosed", err)
			}
			if len(g.closed) != 0 {
				t.Error("OnClose came while another call was under way")
			}
			g.release()
			if got := g.end(t); !errors.Is(got, engine.ErrServerClosed) {
				t.Errorf("OnClose got %#v", got)
			}
		})
	}
}

// Shutdown from a handler waits for itself, but not beyond its context.
func TestShutdownFromWorker(t *testing.T) {
	t.Parallel()
	result := make(chan error, 1)
	var s *running
	ready := make(chan struct{})
	s = serve(t, engine.HandlerFuncs{Message: func(c *engine.Conn, _ codec.Opcode, _ []byte) {
		<-ready
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		result <- s.Shutdown(ctx)
	}}, engine.Options{Workers: 1})
	close(ready)
	p := open(t, s)
	p.write(text("shut down"))
	p.expectClose(codec.CloseGoingAway, goingAway)
	p.write(closing(codec.CloseGoingAway, ""))
	p.Close()
	if err := receive(t, "Shutdown", result); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown: %v, want the context's error", err)
	}
}

// A handler that ends its goroutine costs its connection, but not the worker.
func TestGoexitOnWorker(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) {
		if string(p) == "exit" {
			runtime.Goexit()
		}
		c.Send(op, p)
	}})
	s := serve(t, r, engine.Options{Workers: 1})
	for range 3 {
		p := open(t, s)
		p.write(text("exit") + text("not delivered"))
		p.expectClose(codec.CloseInternalError, "")
		p.expectEOF()
		p.Close()
		if got := r.end(t); !errors.Is(got, engine.ErrPanic) {
			t.Errorf("OnClose got %#v", got)
		}
	}
	p := open(t, s)
	p.write(text("unharmed"))
	p.expect(codec.Text, "unharmed")
}
