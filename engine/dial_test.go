package engine_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// dial opens a client's connection to s, to be aborted at the test's end.
func dial(t testing.TB, s *running, h engine.Handler, o engine.DialOptions) *engine.Conn {
	t.Helper()
	c, err := engine.Dial(within(t, patience), s.url(), h, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Abort)
	return c
}

// messages is a handler that hands out the messages it gets.
func messages(to chan<- string) engine.HandlerFuncs {
	return engine.HandlerFuncs{Message: func(_ *engine.Conn, _ codec.Opcode, p []byte) { to <- string(p) }}
}

// script is a server of one connection: it reads the request, and then does
// what a test wants.
func script(t *testing.T, then func(p *peer, r *http.Request)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		nc.SetDeadline(time.Now().Add(patience))
		r, err := http.ReadRequest(bufio.NewReader(nc))
		if err != nil {
			return
		}
		p := &peer{Conn: nc, t: t, decoder: codec.NewDecoder(&codec.Config{}), read: make([]byte, 64<<10)}
		defer p.decoder.Release()
		then(p, r)
	}()
	return "ws://" + l.Addr().String()
}

// accepted is the response that accepts r, with another header line if line is
// not empty.
func accepted(r *http.Request, line string) string {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n" + line + "\r\n"
}

func TestDial(t *testing.T) {
	t.Parallel()
	requests := make(chan string, 10)
	s := serve(t, echoing, engine.Options{
		Subprotocols: []string{"b", "a"},
		CheckOrigin:  handshake.AllowOrigins("https://app.example"),
		Upgrade: func(r *handshake.Request) (engine.Accept, error) {
			requests <- strings.Join([]string{r.Target(), r.Host(), r.Origin(), r.Header("Authorization")}, " ")
			return engine.Accept{}, nil
		},
	})
	got := make(chan string, 10)
	r := record(messages(got))
	c, err := engine.Dial(within(t, patience), s.url()+"path?q=1", r, engine.DialOptions{
		Subprotocols: []string{"a", "b", "c"},
		Origin:       "https://app.example",
		Header:       http.Header{"Authorization": {"Bearer secret"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.conn(t) != c || c.State() != engine.Open || c.Subprotocol() != "b" {
		t.Errorf("Dial gave a connection %v with subprotocol %q", c.State(), c.Subprotocol())
	}
	if got, want := c.RemoteAddr().String(), s.addr.String(); got != want {
		t.Errorf("RemoteAddr is %s, want %s", got, want)
	}
	if got, want := <-requests, "/path?q=1 "+s.addr.String()+" https://app.example Bearer secret"; got != want {
		t.Errorf("request: %q, want %q", got, want)
	}
	for _, size := range payloadSizes {
		if err := c.SendText(pattern(size)); err != nil {
			t.Fatal(err)
		}
		if m := receive(t, "an echo", got); m != pattern(size) {
			t.Fatalf("an echo of %d bytes came back as %d", size, len(m))
		}
	}
	if err := c.SendPrepared(codec.Prepare(codec.Binary, []byte("prepared"))); err != nil {
		t.Fatal(err)
	}
	if m := receive(t, "an echo", got); m != "prepared" {
		t.Errorf("a prepared message came back as %q", m)
	}
	c.Close(3000, "done")
	if got := *r.end(t); got != (engine.CloseError{Code: 3000, Reason: "done", Clean: true}) {
		t.Errorf("OnClose got %#v", got)
	}
}

func TestDialIsRefused(t *testing.T) {
	t.Parallel()
	answer := func(text string) func(*peer, *http.Request) {
		return func(p *peer, _ *http.Request) { p.write(text) }
	}
	accept := func(line string) func(*peer, *http.Request) {
		return func(p *peer, r *http.Request) { p.write(accepted(r, line)) }
	}
	tests := []struct {
		name   string
		answer func(*peer, *http.Request)
		status int
		want   error
	}{
		{"forbidden", answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"), 403, handshake.ErrNotUpgraded},
		{"redirect", answer("HTTP/1.1 302 Found\r\nLocation: ws://elsewhere.example/\r\n\r\n"), 302, handshake.ErrRedirect},
		{"garbage", answer("SSH-2.0-OpenSSH_9.9\r\n"), 0, handshake.ErrMalformedResponse},
		{"wrong accept", answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"), 101, handshake.ErrBadAccept},
		{"subprotocol not offered", accept("Sec-WebSocket-Protocol: other\r\n"), 101, handshake.ErrBadSubprotocol},
		{"extension not offered", accept("Sec-WebSocket-Extensions: x-other\r\n"), 101, handshake.ErrBadExtension},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := engine.Dial(within(t, patience), script(t, test.answer), unused(t), engine.DialOptions{Subprotocols: []string{"mine"}})
			refused, ok := errors.AsType[*handshake.ResponseError](err)
			if !ok || refused.Status != test.status || !errors.Is(err, test.want) {
				t.Errorf("Dial: %v, want status %d and %v", err, test.status, test.want)
			}
		})
	}
}

// unused is a handler that must not be called.
func unused(t *testing.T) engine.Handler {
	return engine.HandlerFuncs{
		Open:    func(*engine.Conn) { t.Error("OnOpen was called") },
		Message: func(*engine.Conn, codec.Opcode, []byte) { t.Error("OnMessage was called") },
		Close:   func(*engine.Conn, error) { t.Error("OnClose was called") },
	}
}

func TestDialFails(t *testing.T) {
	t.Parallel()
	hold := func(p *peer, _ *http.Request) { io.Copy(io.Discard, p.Conn) } // until the client gives up
	tests := []struct {
		name    string
		limit   time.Duration // of the context; 0: none, negative: over before
		answer  func(*peer, *http.Request)
		options engine.DialOptions
		want    error
	}{
		{"no answer", 0, hold, engine.DialOptions{HandshakeTimeout: 50 * time.Millisecond}, engine.ErrHandshakeTimeout},
		{"half an answer", 0, func(p *peer, r *http.Request) { p.write(accepted(r, "")[:60]); hold(p, r) },
			engine.DialOptions{HandshakeTimeout: 50 * time.Millisecond}, engine.ErrHandshakeTimeout},
		{"end of stream", 0, func(*peer, *http.Request) {}, engine.DialOptions{}, io.ErrUnexpectedEOF},
		{"end of stream within the answer", 0, func(p *peer, r *http.Request) { p.write(accepted(r, "")[:60]) }, engine.DialOptions{}, io.ErrUnexpectedEOF},
		{"reset", 0, func(p *peer, _ *http.Request) { p.reset() }, engine.DialOptions{}, syscall.ECONNRESET},
		{"context's deadline", 50 * time.Millisecond, hold, engine.DialOptions{}, context.DeadlineExceeded},
		{"context's deadline before", -1, hold, engine.DialOptions{}, context.DeadlineExceeded},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx := context.Background()
			if test.limit != 0 {
				ctx = within(t, test.limit)
			}
			_, err := engine.Dial(ctx, script(t, test.answer), unused(t), test.options)
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), "dial") && err != engine.ErrHandshakeTimeout {
				t.Errorf("Dial: %v, want %v", err, test.want)
			}
		})
	}
}

func TestDialMisuse(t *testing.T) {
	t.Parallel()
	pipe := func(context.Context, string, string) (net.Conn, error) { c, _ := net.Pipe(); return c, nil }
	s := serve(t, echoing, engine.Options{})
	tests := []struct {
		name, url string
		options   engine.DialOptions
		usage     bool // a *handshake.UsageError is due, not a *engine.MisuseError
	}{
		{"not a URL", "::", engine.DialOptions{}, true},
		{"another scheme", "ftp://server.example/", engine.DialOptions{}, true},
		{"line break in a header", s.url(), engine.DialOptions{Header: http.Header{"X": {"a\r\nb"}}}, true},
		{"header of the handshake", s.url(), engine.DialOptions{Header: http.Header{"Upgrade": {"x"}}}, true},
		{"subprotocol with a space", s.url(), engine.DialOptions{Subprotocols: []string{"a b"}}, true},
		{"connection without socket", s.url(), engine.DialOptions{NetDial: pipe}, false},
	}
	for _, test := range tests {
		_, err := engine.Dial(within(t, patience), test.url, unused(t), test.options)
		_, usage := errors.AsType[*handshake.UsageError](err)
		_, misuse := errors.AsType[*engine.MisuseError](err)
		if usage != test.usage || misuse == test.usage {
			t.Errorf("%s: %T %v", test.name, err, err)
		}
	}
}

func TestDialNobodyListens(t *testing.T) {
	t.Parallel()
	_, err := engine.Dial(within(t, patience), "ws://"+freePort(t), unused(t), engine.DialOptions{})
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("Dial: %v, want ECONNREFUSED", err)
	}
}

// A server's first messages may come in the same segment as its answer.
func TestDialWithFramesBehindAnswer(t *testing.T) {
	t.Parallel()
	frames := codec.AppendFrame(nil, codec.Text, []byte("first"))
	frames = codec.AppendFragment(frames, codec.Text, false, []byte("sec"))
	frames = codec.AppendPing(frames, []byte("ping"))
	frames = codec.AppendFragment(frames, codec.Continuation, true, []byte("ond"))
	url := script(t, func(p *peer, r *http.Request) {
		p.write(accepted(r, "") + string(frames))
		p.expect(codec.Pong, "ping")
		p.expect(codec.Text, "from the client")
		p.expectClose(codec.CloseNormal, "")
		p.write(string(codec.AppendClose(nil, codec.CloseNormal, "")))
	})
	got := make(chan string, 10)
	r := record(messages(got))
	c, err := engine.Dial(within(t, patience), url, r, engine.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"first", "second"} {
		if m := receive(t, "a message", got); m != want {
			t.Errorf("got %q, want %q", m, want)
		}
	}
	c.SendText("from the client")
	c.Close(codec.CloseNormal, "")
	if end := r.end(t); !end.Clean {
		t.Errorf("OnClose got %#v", end)
	}
}

func TestServerViolates(t *testing.T) {
	t.Parallel()
	const limit = 1000
	tests := []struct {
		name string
		sent []byte
		want *codec.Error
	}{
		{"masked", codec.AppendMaskedFrame(nil, codec.Text, []byte("x"), mask), codec.ErrMaskUnexpected},
		{"too big", codec.AppendFrame(nil, codec.Binary, make([]byte, limit+1)), codec.ErrMessageTooBig},
		{"not UTF-8", codec.AppendFrame(nil, codec.Text, []byte("\xff")), codec.ErrInvalidUTF8},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			url := script(t, func(p *peer, r *http.Request) {
				p.write(accepted(r, "") + string(test.sent))
				p.expectClose(test.want.Code, test.want.Reason)
			})
			r := record(engine.HandlerFuncs{})
			if _, err := engine.Dial(within(t, patience), url, r, engine.DialOptions{MaxMessage: limit}); err != nil {
				t.Fatal(err)
			}
			if got := r.end(t); got.Code != test.want.Code || !errors.Is(got, test.want) {
				t.Errorf("OnClose got %#v", got)
			}
		})
	}
}

func TestDialOverUnixSocket(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	s := serveAt(t, l, echoing, engine.Options{})
	got := make(chan string, 1)
	c, err := engine.Dial(within(t, patience), "ws://localhost/", messages(got), engine.DialOptions{
		NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", s.addr.String())
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Abort()
	c.SendText("hello")
	if m := receive(t, "an echo", got); m != "hello" {
		t.Errorf("got %q", m)
	}
}

// A server's loops may carry clients' connections too: they count in its
// Stats, get no broadcasts, and end with it.
func TestDialOnServersLoops(t *testing.T) {
	t.Parallel()
	far := serve(t, echoing, engine.Options{})
	near := serve(t, echoing, engine.Options{Loops: 2})
	got := make(chan string, 10)
	r := record(messages(got))
	dialer := engine.NewDialer(r, engine.DialOptions{Server: near.Server})
	for range 4 {
		c, err := dialer.Dial(within(t, patience), far.url())
		if err != nil {
			t.Fatal(err)
		}
		near.Broadcast(codec.Prepare(codec.Text, []byte("not for clients")))
		c.SendText("hello")
		if m := receive(t, "an echo", got); m != "hello" {
			t.Errorf("got %q", m)
		}
	}
	if st := near.Stats(); st.Open != 4 || st.Accepted != 0 {
		t.Errorf("stats: %+v", st)
	}
	if err := near.Shutdown(within(t, patience)); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	for range 4 {
		if end := r.end(t); end.Code != codec.CloseGoingAway || !end.Clean {
			t.Errorf("OnClose got %#v", end)
		}
	}
}

// A client's handshake that a Shutdown finds under way ends Dial.
func TestShutdownEndsDial(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{})
	asked := make(chan bool, 1)
	url := script(t, func(p *peer, _ *http.Request) { asked <- true; io.Copy(io.Discard, p.Conn) })
	dialed := make(chan error, 1)
	go func() {
		_, err := engine.Dial(within(t, patience), url, unused(t), engine.DialOptions{Server: s.Server})
		dialed <- err
	}()
	receive(t, "the request", asked)
	if err := s.Shutdown(within(t, patience)); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := receive(t, "Dial", dialed); !errors.Is(err, engine.ErrServerClosed) {
		t.Errorf("Dial: %v", err)
	}
}

// Pongs and pings work from a client's side too, masked.
func TestClientPings(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{})
	pongs := make(chan string, 1)
	c := dial(t, s, engine.HandlerFuncs{Pong: func(_ *engine.Conn, p []byte) { pongs <- string(p) }}, engine.DialOptions{})
	payload := bytes.Repeat([]byte("p"), 125)
	if err := c.Ping(payload); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, "a pong", pongs); got != string(payload) {
		t.Errorf("pong with %q", got)
	}
	if err := c.Ping(append(payload, 'p')); err != engine.ErrControlTooLong {
		t.Errorf("Ping with 126 bytes: %v", err)
	}
}

// What has come of an answer is counted where the connection runs.
func TestMemoryOfAnswers(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialed := make(chan error, 1)
	go func() {
		_, err := engine.Dial(t.Context(), "ws://"+l.Addr().String(), unused(t), engine.DialOptions{Server: s.Server})
		dialed <- err
	}()
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nX: "+strings.Repeat("x", 4000))
	eventually(t, "the head to be counted", func() bool { return s.Stats().Memory > 4000 })
	nc.Close()
	if err := receive(t, "Dial", dialed); err == nil {
		t.Error("Dial opened a connection")
	}
	eventually(t, "nothing to be held", func() bool { return s.Stats().Memory == 0 })
}
