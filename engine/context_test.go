package engine_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// expectEnded demands that ctx has ended, or does now, as the connection has.
func expectEnded(t *testing.T, ctx context.Context, end *engine.CloseError) {
	t.Helper()
	receive(t, "the context to end", ctx.Done())
	if cause := context.Cause(ctx); ctx.Err() != context.Canceled || cause != error(end) {
		t.Errorf("the context ended with %v, because of %v; OnClose got %v", ctx.Err(), cause, end)
	}
}

// A connection's context ends as OnClose is called, with what that gets, however
// the connection ends.
func TestContext(t *testing.T) {
	t.Parallel()
	ends := map[string]func(s *running, c *engine.Conn, p *peer){
		"the peer's Close": func(_ *running, _ *engine.Conn, p *peer) {
			p.write(closing(3000, "bye"))
			p.expectClose(3000, "bye")
			p.expectEOF()
		},
		"our Close": func(_ *running, c *engine.Conn, p *peer) {
			c.Close(4000, "enough")
			p.expectClose(4000, "enough")
			p.write(closing(4000, "enough"))
		},
		"Abort":            func(_ *running, c *engine.Conn, _ *peer) { c.Abort() },
		"a reset":          func(_ *running, _ *engine.Conn, p *peer) { p.reset() },
		"a violation":      func(_ *running, _ *engine.Conn, p *peer) { p.write("\xff\xff\xff"); p.Close() },
		"the server's end": func(s *running, _ *engine.Conn, _ *peer) { s.Close() },
	}
	eachMode(t, func(t *testing.T, o engine.Options) {
		for name, end := range ends {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := record(echoing)
				before := make(chan error, 1)
				r.Close = func(c *engine.Conn, _ error) { before <- c.Context().Err() }
				s := serve(t, r, o)
				p := open(t, s)
				c := r.conn(t)
				ctx := c.Context()
				if ctx.Err() != nil || c.Context() != ctx {
					t.Error("the context is over, or another one the second time")
				}
				end(s, c, p)
				gone := r.end(t)
				expectEnded(t, ctx, gone)
				if receive(t, "OnClose", before) == nil {
					t.Error("in OnClose the context had not ended")
				}
				expectEnded(t, c.Context(), gone)
				if n := engine.Contexts(s.Server); n != 0 {
					t.Errorf("%d contexts are left", n)
				}
			})
		}
	})
}

// The context ends while a handler still works, which OnClose has to wait for.
func TestContextStopsHandler(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *running, p *peer){
		"a reset": func(_ *running, p *peer) { p.reset() },
		"the peer's Close": func(_ *running, p *peer) {
			p.write(closing(1000, ""))
			p.expectClose(1000, "")
			p.expectEOF()
			p.Close()
		},
		"a Shutdown that cuts": func(s *running, _ *peer) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			s.Shutdown(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entered := make(chan struct{}, 1)
			causes := make(chan error, 1)
			r := record(engine.HandlerFuncs{Message: func(c *engine.Conn, _ codec.Opcode, _ []byte) {
				ctx := c.Context()
				entered <- struct{}{}
				<-ctx.Done()
				causes <- context.Cause(ctx)
			}})
			s := serve(t, r, engine.Options{Workers: 1})
			p := open(t, s)
			p.write(text("work"))
			receive(t, "the handler", entered)
			end(s, p)
			cause := receive(t, "the handler to stop", causes)
			if gone := r.end(t); cause != error(gone) {
				t.Errorf("the cause is %v, OnClose got %v", cause, gone)
			}
		})
	}
}

// It may be asked for on any goroutine, while the connection ends.
func TestContextConcurrently(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serve(t, r, engine.Options{})
	for range 20 {
		p := open(t, s)
		c := r.conn(t)
		var asked sync.WaitGroup
		contexts := make([]context.Context, 100)
		for i := range contexts {
			asked.Go(func() { contexts[i] = c.Context() })
			if i == len(contexts)/2 {
				p.reset()
			}
		}
		asked.Wait()
		end := r.end(t)
		for _, ctx := range contexts {
			expectEnded(t, ctx, end)
		}
	}
	if n := engine.Contexts(s.Server); n != 0 {
		t.Errorf("%d contexts are left", n)
	}
}

// A hook may ask for the context of a connection that never opens.
func TestContextOfRefused(t *testing.T) {
	t.Parallel()
	contexts := make(chan context.Context, 1)
	s := serve(t, echoing, engine.Options{UpgradeConn: func(c *engine.Conn, _ *handshake.Request) (engine.Accept, error) {
		contexts <- c.Context()
		return engine.Accept{}, handshake.Reject(http.StatusForbidden, "")
	}})
	p := connect(t, s.addr)
	p.write(request)
	ctx := receive(t, "the hook", contexts)
	p.readAll()
	p.Close()
	receive(t, "the context to end", ctx.Done())
	var end *engine.CloseError
	if !errors.As(context.Cause(ctx), &end) {
		t.Errorf("the cause is %v", context.Cause(ctx))
	}
}

// Clients have contexts as well.
func TestContextOfDialed(t *testing.T) {
	t.Parallel()
	serving := record(echoing)
	s := serve(t, serving, engine.Options{})
	r := record(engine.HandlerFuncs{})
	c := dial(t, s, r, engine.DialOptions{})
	ctx := c.Context()
	serving.conn(t).Close(4001, "enough")
	end := r.end(t)
	expectEnded(t, ctx, end)
	if end.Code != 4001 {
		t.Error(end)
	}
}

// A peer that has ended its stream is still answered: the context ends after
// that.
func TestContextOutlivesEndOfStream(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	s := serve(t, g, engine.Options{Workers: 1})
	p, c := g.block(t, s)
	ctx := c.Context()
	p.closeWrite()
	eventually(t, "the end to be noticed", func() bool { return !engine.Hears(c) })
	if ctx.Err() != nil {
		t.Error("the context has ended before the answer")
	}
	g.release()
	p.expect(codec.Text, "block")
	expectEnded(t, ctx, g.end(t))
}
