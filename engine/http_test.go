package engine_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// behind starts a net/http server with h, which leads to s in the end.
func behind(t testing.TB, s *engine.Server, h http.Handler) *running {
	t.Helper()
	hs := httptest.NewServer(h)
	t.Cleanup(func() {
		hs.Close()
		s.Close()
	})
	return &running{s, hs.Listener.Addr()}
}

func newAdopter(h engine.Handler, o engine.Options) *engine.Server {
	o.Logger = slog.New(slog.DiscardHandler)
	o.Loops = 1
	return engine.NewServer(h, o)
}

// wrapped is a ResponseWriter as middleware makes them.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// A connection moves over with what was read of it already, through a mux and
// middleware, and the page beside it is served as before.
func TestServeHTTP(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]engine.Options{"on the loop": {}, "on workers": {Workers: 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAdopter(echoing, o)
			mux := http.NewServeMux()
			mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "a page") })
			mux.Handle("GET /chat", s)
			at := behind(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { mux.ServeHTTP(wrapped{w}, r) }))
			p := connect(t, at.addr)
			p.write("GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
			if status, _ := p.head(); status != "HTTP/1.1 200 OK" {
				t.Fatal(status)
			}
			p.rest = p.rest[min(len("a page"), len(p.rest)):]
			p.write(request + text("with the request") + text(pattern(100_000)))
			p.upgraded()
			p.expect(codec.Text, "with the request")
			p.expect(codec.Text, pattern(100_000))
			p.write(closing(3000, "bye"))
			p.expectClose(3000, "bye")
			p.expectEOF()
			if st := s.Stats(); st.Opened != 1 || st.Connections > 1 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// What cannot be taken over is answered through net/http.
func TestServeHTTPRefuses(t *testing.T) {
	t.Parallel()
	s := newAdopter(echoing, engine.Options{MaxHead: 2000})
	at := behind(t, s, s)
	tests := []struct{ name, request, want string }{
		{"no upgrade", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "426 Upgrade Required"},
		{"POST", strings.Replace(request, "GET", "POST", 1), "405 Method Not Allowed"},
		{"another version", strings.Replace(request, "Version: 13", "Version: 8", 1), "426 Upgrade Required"},
		{"a body", requestWith("Content-Length: 1") + "x", "400 Bad Request"},
		{"a chunked body", requestWith("Transfer-Encoding: chunked") + "1\r\nx\r\n0\r\n\r\n", "400 Bad Request"},
		{"a large head", requestWith("X-Large: " + pattern(2000)), "431 Request Header Fields Too Large"},
		{"another origin", requestWith("Origin: http://elsewhere.example"), "403 Forbidden"},
	}
	for _, test := range tests {
		p := connect(t, at.addr)
		p.write(test.request)
		if status, head := p.head(); status != "HTTP/1.1 "+test.want {
			t.Errorf("%s: %q, want %s\n%s", test.name, status, test.want, head)
		}
	}
	// One that is refused stays with net/http.
	p := connect(t, at.addr)
	p.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, head := p.head(); !strings.Contains(head, "Sec-Websocket-Version: 13") {
		t.Error(head)
	}
}

// Neither HTTP/2 nor TLS nor what is wrapped for good can be taken over.
func TestServeHTTPCannotAdopt(t *testing.T) {
	t.Parallel()
	s := newAdopter(echoing, engine.Options{})
	defer s.Close()
	recorded := func(change func(*http.Request)) int {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header = http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"},
			"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
		change(r)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code
	}
	if code := recorded(func(*http.Request) {}); code != http.StatusNotImplemented {
		t.Errorf("a recorder: %d", code)
	}
	if code := recorded(func(r *http.Request) { r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0 }); code != http.StatusHTTPVersionNotSupported {
		t.Errorf("HTTP/2: %d", code)
	}
	hs := httptest.NewTLSServer(s)
	defer hs.Close()
	r, _ := http.NewRequest("GET", hs.URL, nil)
	r.Header = http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
	answer, err := hs.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusNotImplemented {
		t.Errorf("TLS: %s", answer.Status)
	}
}

// Limits hold for what is taken over, and it ends with the server.
func TestServeHTTPLimits(t *testing.T) {
	t.Parallel()
	s := newAdopter(echoing, engine.Options{MaxConns: 1})
	at := behind(t, s, s)
	first := open(t, at)
	second := connect(t, at.addr)
	second.write(request)
	if status, _ := second.head(); status != "HTTP/1.1 503 Service Unavailable" {
		t.Errorf("the second was answered %q", status)
	}
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(t.Context()) }()
	first.expectClose(codec.CloseGoingAway, "server is shutting down")
	first.write(closing(codec.CloseGoingAway, ""))
	first.Conn.Close()
	if err := receive(t, "Shutdown", down); err != nil {
		t.Error(err)
	}
	third := connect(t, at.addr)
	third.write(request)
	if status, _ := third.head(); status != "HTTP/1.1 503 Service Unavailable" {
		t.Errorf("after Shutdown: %q", status)
	}
}

// Connections that were taken over leave no goroutine behind.
func TestServeHTTPLeavesNoGoroutine(t *testing.T) {
	const conns = 5000
	s := newAdopter(echoing, engine.Options{IdleTimeout: -1})
	at := behind(t, s, s)
	open(t, at).Close()
	before := runtime.NumGoroutine()
	for range conns {
		nc, err := net.Dial("tcp", at.addr.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { nc.Close() })
		nc.SetDeadline(time.Now().Add(patience))
		io.WriteString(nc, request)
		if _, err := nc.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Stats().Open; n < conns {
		t.Errorf("%d connections are open, want %d", n, conns)
	}
	eventually(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= before+10 })
}
