package engine_test

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// closeTests are Close frames that either side may begin with.
var closeTests = []struct {
	name   string
	code   codec.CloseCode
	reason string
}{
	{"normal", codec.CloseNormal, "bye"},
	{"no reason", codec.CloseGoingAway, ""},
	{"no status", codec.CloseNoStatus, ""},
	{"application's own", 4999, "grüße"},
	{"longest reason", 3000, strings.Repeat("r", 123)},
}

func TestPeerCloses(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serve(t, r, engine.Options{})
	for _, test := range closeTests {
		t.Run(test.name, func(t *testing.T) {
			p := open(t, s)
			p.write(text("last") + closing(test.code, test.reason) + text("too late"))
			p.expect(codec.Text, "last")
			p.expectClose(test.code, test.reason)
			p.expectEOF()
			p.Close()
			want := engine.CloseError{Code: test.code, Reason: test.reason, Remote: true, Clean: true}
			if got := *r.end(t); got != want {
				t.Errorf("OnClose got %#v, want %#v", got, want)
			}
		})
	}
}

func TestServerCloses(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serve(t, r, engine.Options{})
	for _, test := range closeTests {
		t.Run(test.name, func(t *testing.T) {
			p := open(t, s)
			c := r.conn(t)
			c.SendText("last")
			if err := c.Close(test.code, test.reason); err != nil {
				t.Fatal(err)
			}
			if got := c.State(); got != engine.Closing {
				t.Errorf("state is %v after Close", got)
			}
			p.expect(codec.Text, "last")
			p.expectClose(test.code, test.reason)
			p.write(text("not delivered") + closing(test.code, ""))
			p.expectEOF()
			p.Close()
			want := engine.CloseError{Code: test.code, Reason: test.reason, Clean: true}
			if got := *r.end(t); got != want {
				t.Errorf("OnClose got %#v, want %#v", got, want)
			}
			if got := c.State(); got != engine.Closed {
				t.Errorf("state is %v after OnClose", got)
			}
		})
	}
}

// The reason that OnClose gets is what the Close frame had room for.
func TestCloseCutsReason(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		code         codec.CloseCode
		reason, sent string
	}{
		{"ASCII", codec.CloseNormal, strings.Repeat("r", 124), strings.Repeat("r", 123)},
		{"at a code point's edge", codec.CloseNormal, strings.Repeat("ü", 62), strings.Repeat("ü", 61)},
		{"no status, no reason", codec.CloseNoStatus, "lost", ""},
	}
	r := record(echoing)
	s := serve(t, r, engine.Options{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := open(t, s)
			r.conn(t).Close(test.code, test.reason)
			p.expectClose(test.code, test.sent)
			p.write(closing(test.code, ""))
			p.closeWrite()
			if got := r.end(t); got.Reason != test.sent {
				t.Errorf("OnClose got the reason %q", got.Reason)
			}
		})
	}
}

func TestCloseMisuse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		code   codec.CloseCode
		reason string
		want   error
	}{
		{"0", 0, "", engine.ErrCloseCode},
		{"reserved", codec.CloseReserved, "", engine.ErrCloseCode},
		{"abnormal", codec.CloseAbnormal, "", engine.ErrCloseCode},
		{"2999", 2999, "", engine.ErrCloseCode},
		{"reason not UTF-8", codec.CloseNormal, "\xff", engine.ErrInvalidUTF8},
	}
	r := record(echoing)
	p := open(t, serve(t, r, engine.Options{}))
	c := r.conn(t)
	for _, test := range tests {
		if err := c.Close(test.code, test.reason); err != test.want {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	p.write(text("still open"))
	p.expect(codec.Text, "still open")
}

func TestBothCloseAtOnce(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{Message: func(c *engine.Conn, _ codec.Opcode, _ []byte) { c.Close(3000, "ours") }})
	p := open(t, serve(t, r, engine.Options{}))
	p.write(text("close") + closing(3001, "theirs"))
	p.expectClose(3000, "ours")
	p.expectEOF()
	p.Close()
	if got := *r.end(t); got != (engine.CloseError{Code: 3000, Reason: "ours", Clean: true}) {
		t.Errorf("OnClose got %#v", got)
	}
}

// What a peer does wrong with our Close frame under way, and how OnClose tells.
func TestCloseWithoutAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		then func(p *peer)
		want error
	}{
		{"silence", func(*peer) {}, engine.ErrCloseTimeout},
		{"messages without end", func(p *peer) {
			go func() {
				for {
					if _, err := io.WriteString(p.Conn, text("more")); err != nil {
						return
					}
				}
			}()
		}, engine.ErrCloseTimeout},
		{"end of stream", func(p *peer) { p.closeWrite() }, io.ErrUnexpectedEOF},
		{"reset", func(p *peer) { p.reset() }, syscall.ECONNRESET},
		{"violation", func(p *peer) { p.write("\xc1\x80"); p.expectEOF(); p.Close() }, codec.ErrReservedBits},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := record(echoing)
			p := open(t, serve(t, r, engine.Options{CloseTimeout: 100 * time.Millisecond}))
			r.conn(t).Close(codec.CloseNormal, "done")
			p.expectClose(codec.CloseNormal, "done")
			test.then(p)
			got := r.end(t)
			if got.Code != codec.CloseNormal || got.Clean || got.Remote || !errors.Is(got, test.want) {
				t.Errorf("OnClose got %#v, want error %v", got, test.want)
			}
		})
	}
}

func TestPeerVanishes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		end  func(p *peer)
		want error
	}{
		{"end of stream", func(p *peer) { p.Close() }, io.ErrUnexpectedEOF},
		{"reset", func(p *peer) { p.reset() }, syscall.ECONNRESET},
		{"within a message", func(p *peer) { p.write(text("half")[:8]); p.Close() }, io.ErrUnexpectedEOF},
	}
	r := record(echoing)
	s := serve(t, r, engine.Options{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := open(t, s)
			c := r.conn(t)
			test.end(p)
			got := r.end(t)
			if got.Code != codec.CloseAbnormal || got.Clean || got.Remote || !errors.Is(got, test.want) {
				t.Errorf("OnClose got %#v, want error %v", got, test.want)
			}
			if err := c.SendText("too late"); err != engine.ErrClosed {
				t.Errorf("Send gives %v", err)
			}
			if c.RemoteAddr() != nil {
				t.Error("a closed connection has an address")
			}
		})
	}
}

// Whatever is called once a connection is closing, and wherever, gives
// ErrClosed.
func TestAfterClose(t *testing.T) {
	t.Parallel()
	calls := map[string]func(c *engine.Conn) error{
		"Send":         func(c *engine.Conn) error { return c.Send(codec.Binary, []byte("x")) },
		"SendText":     func(c *engine.Conn) error { return c.SendText("x") },
		"SendPrepared": func(c *engine.Conn) error { return c.SendPrepared(codec.Prepare(codec.Text, nil)) },
		"Ping":         func(c *engine.Conn) error { return c.Ping(nil) },
		"Close":        func(c *engine.Conn) error { return c.Close(codec.CloseNormal, "") },
	}
	try := func(when string, c *engine.Conn) {
		for name, call := range calls {
			if err := call(c); err != engine.ErrClosed {
				t.Errorf("%s %s: %v, want ErrClosed", name, when, err)
			}
		}
	}
	r := record(engine.HandlerFuncs{
		Open: func(c *engine.Conn) {
			c.Close(codec.CloseNormal, "at once")
			try("after Close in OnOpen", c)
		},
		Close: func(c *engine.Conn, _ error) { try("in OnClose", c) },
	})
	p := open(t, serve(t, r, engine.Options{}))
	p.expectClose(codec.CloseNormal, "at once")
	p.write(closing(codec.CloseNormal, ""))
	p.expectEOF()
	p.Close()
	r.end(t)
	try("after OnClose", r.conn(t))
}

// Messages that came together with the one whose handler closes are not
// delivered, but a Close frame among them counts.
func TestCloseStopsDelivery(t *testing.T) {
	t.Parallel()
	ends := map[string]func(c *engine.Conn){
		"Close": func(c *engine.Conn) { c.Close(codec.CloseNormal, "") },
		"Abort": func(c *engine.Conn) { c.Abort() },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			delivered := make(chan string, 10)
			r := record(engine.HandlerFuncs{Message: func(c *engine.Conn, _ codec.Opcode, p []byte) {
				delivered <- string(p)
				end(c)
			}})
			p := open(t, serve(t, r, engine.Options{}))
			p.write(text("first") + text("second") + text("third") + closing(codec.CloseNormal, ""))
			p.closeWrite()
			got := r.end(t)
			if n := len(delivered); n != 1 || <-delivered != "first" {
				t.Errorf("%d messages were delivered", n)
			}
			if clean := name == "Close"; got.Clean != clean {
				t.Errorf("OnClose got %#v", got)
			}
		})
	}
}

func TestAbort(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	p := open(t, serve(t, r, engine.Options{}))
	c := r.conn(t)
	c.Abort()
	c.Abort()
	p.expectCut()
	if got := *r.end(t); got != (engine.CloseError{Code: codec.CloseAbnormal, Err: engine.ErrAborted}) {
		t.Errorf("OnClose got %#v", got)
	}
	c.Abort()
}

// A peer that says all it has to say and ends its stream still gets all
// answers.
func TestHalfClose(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	p := open(t, serve(t, r, engine.Options{}))
	for range 100 {
		p.write(frame(codec.Binary, pattern(10_000)))
	}
	p.closeWrite()
	for range 100 {
		p.expect(codec.Binary, pattern(10_000))
	}
	p.expectEOF()
	if got := r.end(t); got.Code != codec.CloseAbnormal || got.Err != io.ErrUnexpectedEOF {
		t.Errorf("OnClose got %#v", got)
	}
}

// An idle timer that fires in the same turn of the loop as Close is called
// must not be taken for the end of CloseTimeout.
func TestCloseWhileIdleTimerFires(t *testing.T) {
	t.Parallel()
	const idle = 400 * time.Millisecond
	next := make(chan *engine.Conn, 1)
	r := record(engine.HandlerFuncs{Close: func(c *engine.Conn, _ error) {
		select {
		case other := <-next:
			<-time.After(idle) // the loop stands still: the other's timer is due
			engine.Post(other, func() { other.Close(codec.CloseNormal, "") })
		default:
		}
	}})
	s := serve(t, r, engine.Options{IdleTimeout: idle})
	one := open(t, s)
	r.conn(t)
	other := open(t, s)
	next <- r.conn(t)
	one.reset()
	r.end(t)
	for op, payload := other.next(); op != codec.Close; op, payload = other.next() {
		if op != codec.Ping {
			t.Fatalf("got opcode %d %q", op, payload)
		}
	}
	other.write(closing(codec.CloseNormal, ""))
	other.closeWrite()
	if got := r.end(t); !got.Clean {
		t.Errorf("OnClose got %#v", got)
	}
}
