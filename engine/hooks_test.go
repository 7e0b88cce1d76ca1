package engine_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// onLoopsAndWorkers runs a test with handlers of both kinds.
func onLoopsAndWorkers(t *testing.T, f func(t *testing.T, workers int)) {
	t.Run("on a loop", func(t *testing.T) { t.Parallel(); f(t, 0) })
	t.Run("on workers", func(t *testing.T) { t.Parallel(); f(t, 2) })
}

// diary is a handler that notes its calls, and in one of them does something.
type diary struct {
	during string
	do     func(c *engine.Conn)

	opened chan *engine.Conn
	closed chan *engine.CloseError
	mu     sync.Mutex
	calls  []string
}

func newDiary(during string, do func(c *engine.Conn)) *diary {
	return &diary{during: during, do: do, opened: make(chan *engine.Conn, 1), closed: make(chan *engine.CloseError, 1)}
}

func (d *diary) called(name string, c *engine.Conn) {
	d.mu.Lock()
	d.calls = append(d.calls, name)
	d.mu.Unlock()
	if name == d.during {
		d.do(c)
	}
}

func (d *diary) OnOpen(c *engine.Conn)                              { d.opened <- c; d.called("OnOpen", c) }
func (d *diary) OnMessage(c *engine.Conn, _ codec.Opcode, _ []byte) { d.called("OnMessage", c) }
func (d *diary) OnPong(c *engine.Conn, _ []byte)                    { d.called("OnPong", c) }
func (d *diary) OnDrain(c *engine.Conn)                             { d.called("OnDrain", c) }
func (d *diary) OnClose(c *engine.Conn, err error) {
	d.called("OnClose", c)
	d.closed <- err.(*engine.CloseError)
}

// provoke opens a connection and makes the call come in which the diary does
// something. A message behind that is there before.
func (d *diary) provoke(t *testing.T, s *running) *peer {
	t.Helper()
	p := connect(t, s.addr)
	behind := ""
	if d.during == "OnOpen" {
		behind = text("not delivered")
	}
	p.write(request + behind)
	p.upgraded()
	c := receive(t, "OnOpen", d.opened)
	switch d.during {
	case "OnMessage":
		p.write(text("x") + text("not delivered"))
	case "OnPong":
		p.write(frame(codec.Pong, "") + text("not delivered"))
	case "OnDrain":
		c.SendText(pattern(4 << 20))
		c.SendText(pattern(4 << 20))
	case "OnClose":
		p.write(closing(3001, "theirs"))
	}
	return p
}

var hooks = []string{"OnOpen", "OnMessage", "OnPong", "OnDrain", "OnClose"}

// Close may be called in every hook. The others get nothing any more, but for
// OnClose, once. In OnClose itself it comes too late.
func TestCloseInEachHook(t *testing.T) {
	t.Parallel()
	for _, hook := range hooks {
		t.Run(hook, func(t *testing.T) {
			onLoopsAndWorkers(t, func(t *testing.T, workers int) {
				result := make(chan error, 10)
				d := newDiary(hook, func(c *engine.Conn) { result <- c.Close(3000, "ours") })
				s := serve(t, d, engine.Options{Workers: workers, MaxBuffered: 64 << 20})
				p := d.provoke(t, s)
				code, reason, want := codec.CloseCode(3000), "ours", error(nil)
				if hook == "OnClose" {
					code, reason, want = 3001, "theirs", engine.ErrClosed
				}
				p.untilClose(code, reason)
				p.write(text("not delivered") + frame(codec.Pong, "nor this") + closing(3000, ""))
				p.expectEOF()
				p.Close()
				got := *receive(t, "OnClose", d.closed)
				if end := (engine.CloseError{Code: code, Reason: reason, Remote: hook == "OnClose", Clean: true}); got != end {
					t.Errorf("OnClose got %#v, want %#v", got, end)
				}
				if err := receive(t, "Close", result); err != want {
					t.Errorf("Close in %s: %v, want %v", hook, err, want)
				}
				d.expect(t, s)
			})
		})
	}
}

// So may Abort; in OnClose it changes nothing.
func TestAbortInEachHook(t *testing.T) {
	t.Parallel()
	for _, hook := range hooks {
		t.Run(hook, func(t *testing.T) {
			onLoopsAndWorkers(t, func(t *testing.T, workers int) {
				d := newDiary(hook, (*engine.Conn).Abort)
				s := serve(t, d, engine.Options{Workers: workers, MaxBuffered: 64 << 20})
				p := d.provoke(t, s)
				want := engine.CloseError{Code: codec.CloseAbnormal, Err: engine.ErrAborted}
				if hook == "OnClose" {
					want = engine.CloseError{Code: 3001, Reason: "theirs", Remote: true, Clean: true}
					p.untilClose(3001, "theirs")
					p.Close()
				} else {
					p.expectCut()
				}
				if got := *receive(t, "OnClose", d.closed); got != want {
					t.Errorf("OnClose got %#v, want %#v", got, want)
				}
				d.expect(t, s)
			})
		})
	}
}

// untilClose reads up to a Close frame, which must be this one.
func (p *peer) untilClose(code codec.CloseCode, reason string) {
	p.t.Helper()
	op, payload := p.next()
	for op != codec.Close {
		op, payload = p.next()
	}
	if got, why, err := codec.ParseClosePayload(payload); got != code || string(why) != reason || err != nil {
		p.t.Fatalf("got a Close frame with %v %q, want %v %q", got, why, code, reason)
	}
}

// expect checks that there were no calls but those that were provoked, once
// each.
func (d *diary) expect(t *testing.T, s *running) {
	t.Helper()
	want := []string{"OnOpen"}
	if d.during != "OnOpen" && d.during != "OnClose" {
		want = append(want, d.during)
	}
	want = append(want, "OnClose")
	if err := s.Shutdown(within(t, patience)); err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.calls, want) {
		t.Errorf("calls %q, want %q", d.calls, want)
	}
}

// In OnClose and ever after nothing can be sent, and nothing panics. What the
// application has attached stays; the addresses are gone.
func TestCallsAfterTheEnd(t *testing.T) {
	t.Parallel()
	calls := map[string]func(c *engine.Conn) error{
		"Send":          func(c *engine.Conn) error { return c.Send(codec.Binary, []byte("x")) },
		"Send of much":  func(c *engine.Conn) error { return c.Send(codec.Binary, make([]byte, 1<<20)) },
		"SendText":      func(c *engine.Conn) error { return c.SendText("x") },
		"SendPrepared":  func(c *engine.Conn) error { return c.SendPrepared(codec.Prepare(codec.Text, nil)) },
		"SendLatest":    func(c *engine.Conn) error { return c.SendLatest("key", codec.Text, nil) },
		"Ping":          func(c *engine.Conn) error { return c.Ping(nil) },
		"Close":         func(c *engine.Conn) error { return c.Close(codec.CloseNormal, "") },
		"another Close": func(c *engine.Conn) error { return c.Close(codec.CloseNoStatus, "") },
	}
	onLoopsAndWorkers(t, func(t *testing.T, workers int) {
		var s *running
		try := func(when string, c *engine.Conn) {
			for name, call := range calls {
				if err := call(c); err != engine.ErrClosed {
					t.Errorf("%s %s: %v, want ErrClosed", name, when, err)
				}
			}
			if err := s.Broadcast(codec.Prepare(codec.Text, []byte("to nobody"))); err != nil {
				t.Errorf("Broadcast %s: %v", when, err)
			}
			c.Abort()
			data := c.Data()
			c.SetData(when)
			if data == nil || c.Data() != when {
				t.Errorf("%s the data is %v, and then %v", when, data, c.Data())
			}
			if c.State() != engine.Closed || c.RemoteAddr() != nil || c.LocalAddr() != nil || c.Buffered() != 0 || c.Subprotocol() != "v1" {
				t.Errorf("%s: state %v, addresses %v and %v, %d bytes unsent, subprotocol %q",
					when, c.State(), c.RemoteAddr(), c.LocalAddr(), c.Buffered(), c.Subprotocol())
			}
		}
		d := newDiary("OnClose", func(c *engine.Conn) { try("in OnClose", c) })
		s = serve(t, d, engine.Options{Workers: workers, Subprotocols: []string{"v1"}})
		p := connect(t, s.addr)
		p.write(requestWith("Sec-WebSocket-Protocol: v1"))
		p.upgraded()
		c := receive(t, "OnOpen", d.opened)
		c.SetData("before")
		p.write(closing(3000, ""))
		p.expectClose(3000, "")
		p.expectEOF()
		p.Close()
		if got := receive(t, "OnClose", d.closed); !got.Clean || got.Err != nil {
			t.Errorf("OnClose got %#v", got)
		}
		before := s.Stats()
		try("after OnClose", c)
		if after := s.Stats(); after.BytesOut != before.BytesOut || after.MessagesOut != before.MessagesOut || after.Panics != 0 {
			t.Errorf("something was sent: %+v, then %+v", before, after)
		}
		d.expect(t, s)
		try("after the server's end", c)
	})
}

// Of two that call Close at once, the first one's code counts; the other one
// learns that it was not the first.
func TestCloseTwiceAtOnce(t *testing.T) {
	t.Parallel()
	onLoopsAndWorkers(t, func(t *testing.T, workers int) {
		r := record(echoing)
		s := serve(t, r, engine.Options{Workers: workers})
		first := map[codec.CloseCode]int{}
		for range 50 {
			p := open(t, s)
			c := r.conn(t)
			results := make(chan error, 2)
			start := make(chan struct{})
			for code := codec.CloseCode(3000); code < 3002; code++ {
				go func() {
					<-start
					err := c.Close(code, code.String())
					if err == nil {
						results <- &engine.CloseError{Code: code}
					} else {
						results <- err
					}
				}()
			}
			close(start)
			one, other := receive(t, "Close", results), receive(t, "Close", results)
			if one == engine.ErrClosed {
				one, other = other, one
			}
			won, ok := errors.AsType[*engine.CloseError](one)
			if !ok || other != engine.ErrClosed {
				t.Fatalf("Close returned %v and %v", one, other)
			}
			p.expectClose(won.Code, won.Code.String())
			p.write(closing(won.Code, ""))
			p.expectEOF()
			p.Close()
			if got := r.end(t); got.Code != won.Code || !got.Clean {
				t.Errorf("OnClose got %#v, want %v", got, won.Code)
			}
			first[won.Code]++
		}
		t.Log(first)
	})
}

// After the peer's Close, which is answered at once, ours comes too late, and so
// does Abort, even if the handler has not been told yet.
func TestCloseAfterThePeers(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	p, c := g.block(t, serve(t, g, engine.Options{Workers: 1}))
	p.write(closing(3001, "theirs"))
	p.expectClose(3001, "theirs")
	if err := c.Close(3000, "ours"); err != engine.ErrClosed {
		t.Errorf("Close: %v, want ErrClosed", err)
	}
	p.expectEOF()
	c.Abort() // likewise: all is said
	p.Close()
	g.release()
	if got := *g.end(t); got != (engine.CloseError{Code: 3001, Reason: "theirs", Remote: true, Clean: true}) {
		t.Errorf("OnClose got %#v", got)
	}
}
