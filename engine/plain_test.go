package engine_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// pages answers with what it was asked.
var pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte(err.Error())
	}
	fmt.Fprintf(w, "%s %s %d %.20s", r.Method, r.URL, len(body), body)
})

const getPage = "GET /page HTTP/1.1\r\nHost: x\r\n\r\n"

// page reads an ordinary answer.
func (p *peer) page() (status int, body string) {
	p.t.Helper()
	had := string(p.rest)
	p.rest = nil
	all := bufio.NewReader(io.MultiReader(strings.NewReader(had), p.Conn))
	answer, err := http.ReadResponse(all, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	rest := make([]byte, all.Buffered())
	io.ReadFull(all, rest)
	p.rest = rest
	return answer.StatusCode, string(got)
}

func (p *peer) expectPage(status int, body string) {
	p.t.Helper()
	if gotStatus, got := p.page(); gotStatus != status || got != body {
		p.t.Errorf("answered %d %q, want %d %q", gotStatus, got, status, body)
	}
}

// Ordinary requests of all kinds are answered, whatever they come in.
func TestHTTP(t *testing.T) {
	t.Parallel()
	large := pattern(200_000)
	tests := []struct{ request, want string }{
		{getPage, "GET /page 0 "},
		{"GET /page?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "GET /page?a=b 3 abc"},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "POST / 3 abc"},
		{"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "PUT / 3 abc"},
		{fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(large), large), "POST / 200000 " + large[:20]},
		{"DELETE /x HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "DELETE /x 0 "},
		{"GET /h HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "GET /h 0 "},
		{"GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET /old 0 "},
	}
	eachMode(t, func(t *testing.T, o engine.Options) {
		o.HTTP = pages
		s := serve(t, echoing, o)
		for _, tt := range tests {
			for _, pieces := range []int{1, 7} {
				p := connect(t, s.addr)
				for i := range pieces {
					p.write(tt.request[len(tt.request)*i/pieces : len(tt.request)*(i+1)/pieces])
				}
				p.expectPage(200, tt.want)
				p.write(getPage)
				p.expectPage(200, "GET /page 0 ")
				p.Close()
			}
		}
		p := connect(t, s.addr)
		p.write("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
		if status, _ := p.head(); status != "HTTP/1.1 200 OK" {
			t.Errorf("HEAD: %q", status)
		}
		p.Close()
		eventually(t, "the connections to end", func() bool { st := s.Stats(); return st.HTTP == 0 && st.Connections == 0 })
	})
}

// Wherever a request is cut, it is answered.
func TestHTTPByteByByte(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{HTTP: pages})
	const request = "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
	head := strings.Index(request, "abc")
	read := uint64(0) // by the loop
	for i := 1; i < len(request); i++ {
		p := connect(t, s.addr)
		p.write(request[:i])
		eventually(t, "the first part to be read", func() bool { return s.Stats().BytesIn == read+uint64(i) })
		p.write(request[i:])
		if read += uint64(i); i < head {
			read += uint64(len(request) - i)
		}
		p.expectPage(200, "POST /x 3 abc")
		p.Close()
	}
	p := connect(t, s.addr)
	for i := range len(request) {
		p.write(request[i : i+1])
	}
	p.expectPage(200, "POST /x 3 abc")
}

// What is neither an ordinary request nor a handshake is refused as ever, and
// so is everything without a handler.
func TestHTTPRefuses(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{HTTP: pages, MaxHead: 1000})
	without := serve(t, echoing, engine.Options{})
	tests := []struct {
		at            *running
		request, want string
	}{
		{s, "POST / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", "400 Bad Request"},
		{s, "\x16\x03\x01\x02\x00\x01", "400 Bad Request"},
		{s, "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", "400 Bad Request"},
		{s, "POST /" + strings.Repeat("x", 1000), "431 Request Header Fields Too Large"},
		{s, "POST / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 1000) + "\r\n\r\n", "431 Request Header Fields Too Large"},
		{s, "GET /" + strings.Repeat("x", 1000), "414 Request URI Too Long"},
		{s, strings.Replace(request, "GET", "POST", 1), "405 Method Not Allowed"},
		{s, requestWith("Content-Length: 3") + "abc", "400 Bad Request"},
		{s, strings.Replace(request, "Version: 13", "Version: 8", 1), "426 Upgrade Required"},
		{s, requestWith("Origin: http://elsewhere.example"), "403 Forbidden"},
		{without, getPage, "426 Upgrade Required"},
		{without, "POST ", "405 Method Not Allowed"},
	}
	for _, tt := range tests {
		p := connect(t, tt.at.addr)
		p.write(tt.request)
		if status, _ := p.head(); status != "HTTP/1.1 "+tt.want {
			t.Errorf("%.40q: %q, want %s", tt.request, status, tt.want)
		}
		p.Close()
	}
	if st := s.Stats(); st.HTTP != 0 || st.Refused != 10 {
		t.Errorf("net/http has %d connections, and %d were refused, want 10", st.HTTP, st.Refused)
	}
}

// A head that does not come to its end keeps no goroutine, and not for long.
func TestHTTPHalfAHead(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{HTTP: pages, HandshakeTimeout: 100 * time.Millisecond})
	p := connect(t, s.addr)
	p.write("POST / HTTP/1.1\r\nHost: x\r\n")
	p.expectCut()
	if n := s.Stats().HTTP; n != 0 {
		t.Errorf("net/http has %d connections", n)
	}
}

// A body that does not come is waited for no longer than IdleTimeout.
func TestHTTPSlowBody(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{HTTP: pages, IdleTimeout: 100 * time.Millisecond})
	p := connect(t, s.addr)
	p.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
	p.expectCut()
	eventually(t, "its connection to end", func() bool { return s.Stats().HTTP == 0 })
}

// After pages the same connection may become a WebSocket, with all that was
// sent ahead.
func TestHTTPThenWebSocket(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, o engine.Options) {
		o.HTTP, o.Mux = pages, engine.NewMux()
		o.Mux.Handle("/chat", engine.Route{})
		s := serve(t, echoing, o)
		for _, size := range []int{10, 3000, 30_000} {
			p := connect(t, s.addr)
			p.write(getPage + getPage + request + text(pattern(size)) + text("more"))
			p.expectPage(200, "GET /page 0 ")
			p.expectPage(200, "GET /page 0 ")
			p.upgraded()
			p.expect(codec.Text, pattern(size))
			p.expect(codec.Text, "more")
			eventually(t, "net/http to let go", func() bool { return s.Stats().HTTP == 0 })
			p.write(closing(1000, ""))
			p.expectClose(1000, "")
			p.expectEOF()
		}
		p := connect(t, s.addr)
		p.write(getPage)
		p.expectPage(200, "GET /page 0 ")
		p.write(requestFor("/nowhere"))
		p.expectPage(404, "no WebSocket at this path\n")
	})
}

func TestHTTPOnUnixSocket(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	s := serveAt(t, l, echoing, engine.Options{HTTP: pages})
	p := connect(t, s.addr)
	p.write(getPage + request + text("hello"))
	p.expectPage(200, "GET /page 0 ")
	p.upgraded()
	p.expect(codec.Text, "hello")
}

// A connection counts within the limits as long as it is with net/http.
func TestHTTPWithinLimits(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		o    engine.Options
		want int
	}{
		"MaxConns":        {engine.Options{MaxConns: 1}, 503},
		"MaxConnsPerAddr": {engine.Options{MaxConnsPerAddr: 1}, 429},
		"MaxHTTPConns":    {engine.Options{MaxHTTPConns: 1}, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.o.HTTP = pages
			s := serve(t, echoing, tt.o)
			first := connect(t, s.addr)
			first.write(getPage)
			first.expectPage(200, "GET /page 0 ")
			second := connect(t, s.addr)
			second.write(getPage)
			if status, _ := second.page(); status != tt.want {
				t.Errorf("the second was answered %d, want %d", status, tt.want)
			}
			second.Close()
			first.write(request + text("hello")) // gives its place back and takes one
			first.upgraded()
			first.expect(codec.Text, "hello")
			first.Close()
			eventually(t, "the place to be free", func() bool {
				p := connect(t, s.addr)
				defer p.Close()
				p.write(getPage)
				status, _ := p.page()
				return status == 200
			})
		})
	}
}

// blocking answers once it may.
func blocking() (h http.Handler, entered chan struct{}, leave func()) {
	entered, may := make(chan struct{}, 10), make(chan struct{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		<-may
		io.WriteString(w, "done")
	}), entered, func() { close(may) }
}

// Shutdown waits for requests, and ends connections that are idle.
func TestShutdownWaitsForHTTP(t *testing.T) {
	t.Parallel()
	h, entered, leave := blocking()
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.Handle("/page", pages)
	s := serve(t, echoing, engine.Options{HTTP: mux})
	idle, busy := connect(t, s.addr), connect(t, s.addr)
	idle.write(getPage)
	idle.expectPage(200, "GET /page 0 ")
	busy.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	receive(t, "the request", entered)
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(t.Context()) }()
	idle.expectEOF()
	select {
	case err := <-down:
		t.Fatalf("Shutdown has returned %v before the request was answered", err)
	default:
	}
	leave()
	busy.expectPage(200, "done")
	busy.expectEOF()
	if err := receive(t, "Shutdown", down); err != nil {
		t.Error(err)
	}
	if st := s.Stats(); st.HTTP != 0 {
		t.Errorf("net/http has %d connections", st.HTTP)
	}
}

// Requests that have come as a shutdown begins are all answered.
func TestShutdownAnswersHTTP(t *testing.T) {
	t.Parallel()
	t.Run("plain", func(t *testing.T) {
		t.Parallel()
		answersAtShutdown(t, serve, func(s *running) *peer { return connect(t, s.addr) })
	})
	t.Run("TLS", func(t *testing.T) {
		t.Parallel()
		answersAtShutdown(t, serveTLS, func(s *running) *peer { p, _ := connectTLS(t, s, clientTLS()); return p })
	})
}

func answersAtShutdown(t *testing.T, serve func(testing.TB, engine.Handler, engine.Options) *running, connect func(*running) *peer) {
	entered, may := make(chan struct{}), make(chan struct{})
	s := serve(t, engine.HandlerFuncs{Message: func(*engine.Conn, codec.Opcode, []byte) {
		close(entered)
		<-may
	}}, engine.Options{HTTP: pages, HandshakeTimeout: patience})
	blocker := connect(s)
	blocker.write(request)
	blocker.upgraded()
	peers := make([]*peer, 100)
	for i := range peers {
		peers[i] = connect(s)
	}
	eventually(t, "them to be accepted", func() bool { return s.Stats().Accepted == uint64(1+len(peers)) })
	blocker.write(text("hold the loop"))
	receive(t, "the message", entered)
	for _, p := range peers {
		p.write(getPage)
	}
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(t.Context()) }()
	receive(t, "the shutdown to begin", engine.Ending(s.Server))
	close(may)
	for _, p := range peers {
		if status, _ := p.page(); status != 200 && status != 503 {
			t.Errorf("answered %d", status)
		}
	}
	blocker.Close()
	if err := receive(t, "Shutdown", down); err != nil {
		t.Error(err)
	}
}

// What does not end in time is cut.
func TestShutdownCutsHTTP(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *running) error{
		"Shutdown": func(s *running) error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return s.Shutdown(ctx)
		},
		"Close": func(s *running) error { return s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, entered, leave := blocking()
			defer leave()
			s := serve(t, echoing, engine.Options{HTTP: h})
			p := connect(t, s.addr)
			p.write(getPage)
			receive(t, "the request", entered)
			if err := end(s); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			p.expectCut()
		})
	}
}

// However a shutdown falls among new requests, it ends, and nothing is left.
func TestShutdownAmongHTTP(t *testing.T) {
	t.Parallel()
	for i := range 20 {
		s := serve(t, echoing, engine.Options{HTTP: pages, Loops: 2})
		stop := make(chan struct{})
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				select {
				case <-stop:
					return
				default:
				}
				nc, err := net.Dial("tcp", s.addr.String())
				if err != nil {
					return
				}
				nc.SetDeadline(time.Now().Add(patience))
				io.WriteString(nc, getPage)
				io.ReadAll(io.LimitReader(nc, 10))
				nc.Close()
			}
		}()
		eventually(t, "requests", func() bool { return s.Stats().Accepted > uint64(3*i) })
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		cancel()
		close(stop)
		<-stopped
		if n := s.Stats().HTTP; n != 0 {
			t.Errorf("net/http has %d connections", n)
		}
	}
}

// A handler that panics ends its connection, and nothing else.
func TestHTTPPanic(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{HTTP: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("here") })})
	p := connect(t, s.addr)
	p.write(getPage)
	p.expectCut()
	open(t, s)
	eventually(t, "its connection to end", func() bool { return s.Stats().HTTP == 0 })
}

// A connection that was net/http's meanwhile keeps its place within the limits:
// it has begun once.
func TestHTTPThenWebSocketIsOneConnection(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, o engine.Options) {
		o.HTTP, o.MaxConns, o.MaxConnsPerAddr, o.MaxConnRatePerAddr = pages, 1, 1, 1
		s := serve(t, echoing, o)
		p := connect(t, s.addr)
		p.write(getPage)
		p.expectPage(200, "GET /page 0 ")
		p.write(request)
		p.upgraded()
		p.write(text("hello"))
		p.expect(codec.Text, "hello")
		if st := s.Stats(); st.Connections != 1 || st.HTTP != 0 {
			t.Errorf("%d connections, %d of them net/http's", st.Connections, st.HTTP)
		}
		p.Close()
		eventually(t, "it to end", func() bool { return s.Stats().Connections == 0 })
		eventually(t, "its place to be another's", func() bool {
			p := connect(t, s.addr)
			defer p.Close()
			p.write(request)
			status, _ := p.head()
			return status == "HTTP/1.1 101 Switching Protocols"
		})
	})
}
