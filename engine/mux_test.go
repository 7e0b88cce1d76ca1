package engine_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// requestFor is a valid opening handshake for a target.
func requestFor(target string) string { return strings.Replace(request, "/chat", target, 1) }

// eachMode runs a test with handlers on the loop and on workers.
func eachMode(t *testing.T, test func(t *testing.T, o engine.Options)) {
	for name, o := range map[string]engine.Options{"on the loop": {}, "on workers": {Workers: 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, o)
		})
	}
}

// telling makes a route that answers with its name, and the request's values.
func telling(name string) engine.Route {
	return engine.Route{Handler: echoing, Upgrade: func(r *handshake.Request) (engine.Accept, error) {
		cookie, _ := r.Cookie("who")
		found := fmt.Sprintf("%s %q %q", name, r.PathValue("room"), r.PathValue("rest"))
		if cookie != nil && r.RawQuery() != "" {
			found += fmt.Sprintf(" %s %s", r.Query().Get("q"), cookie.Value)
		}
		return engine.Accept{Header: http.Header{"X-Found": {found}}}, nil
	}}
}

func newTellingMux() *engine.Mux {
	m := engine.NewMux()
	for _, pattern := range []string{
		"/{$}", "/chat/{room}", "GET /chat/lobby", "/chat/{room}/{rest...}", "POST /post", "PUT /post", "/dir/", "other.example/chat/lobby",
	} {
		m.Handle(pattern, telling(pattern))
	}
	return m
}

func TestMux(t *testing.T) {
	t.Parallel()
	tests := []struct{ request, status, header string }{
		{requestFor("/"), "101", `X-Found: /{$} "" ""`},
		{requestFor("/chat/blue"), "101", `X-Found: /chat/{room} "blue" ""`},
		{requestFor("/chat/lobby"), "101", `X-Found: GET /chat/lobby "" ""`},
		{strings.Replace(requestFor("/chat/lobby"), "server.", "other.", 1), "101", `X-Found: other.example/chat/lobby "" ""`},
		{requestFor("http://other.example:80/chat/lobby"), "101", `X-Found: other.example/chat/lobby "" ""`},
		{requestFor("/chat/a%2Fb%20c"), "101", `X-Found: /chat/{room} "a/b c" ""`},
		{requestFor("/chat/a%2Fb/c/d%2Fe"), "101", `X-Found: /chat/{room}/{rest...} "a/b" "c/d/e"`},
		{strings.Replace(requestFor("/chat/red?q=a%20b"), "\r\n\r\n", "\r\nCookie: who=Ada\r\n\r\n", 1), "101", `X-Found: /chat/{room} "red" "" a b Ada`},
		{requestFor("/dir/x"), "101", `X-Found: /dir/ "" ""`},
		{requestFor("/nowhere"), "404", "Content-Type: text/plain"},
		{requestFor("/chat/"), "404", "Content-Length: 26"},
		{requestFor("/post"), "405", "Allow: POST, PUT"},
		{requestFor("/dir?q=1"), "307", "Location: /dir/?q=1"},
		{requestFor("/chat/x/../blue"), "307", "Location: /chat/blue"},
		{requestFor("//chat/blue"), "307", "Location: /chat/blue"},
	}
	eachMode(t, func(t *testing.T, o engine.Options) {
		o.Mux = newTellingMux()
		s := serve(t, nil, o)
		for _, tt := range tests {
			for _, pieces := range []int{1, 3} {
				p := connect(t, s.addr)
				for i := range pieces { // the last of them bring a rest
					p.write(tt.request[len(tt.request)*i/pieces : len(tt.request)*(i+1)/pieces])
				}
				status, head := p.head()
				if !strings.HasPrefix(status, "HTTP/1.1 "+tt.status) || !strings.Contains(head, "\r\n"+tt.header) {
					t.Errorf("%.40q: got %q, want %s with %q", tt.request, head, tt.status, tt.header)
				}
				if tt.status == "101" {
					p.write(text("hello"))
					p.expect(codec.Text, "hello")
				}
				p.Close()
			}
		}
	})
}

// What is refused says so in plain text.
func TestMuxRefusalText(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, engine.Options{Mux: newTellingMux()})
	for target, want := range map[string]string{
		"/nowhere": "no WebSocket at this path\n",
		"/post":    "no WebSocket at this path, but for the method POST, PUT\n",
		"/dir":     "/dir/\n",
	} {
		p := connect(t, s.addr)
		p.write(requestFor(target))
		p.head()
		if got := p.readAll(); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
	if got := s.Stats().Refused; got != 3 {
		t.Errorf("%d refusals counted, want 3", got)
	}
}

// A route has limits and hooks of its own, and the server's where it sets none.
func TestRouteOptions(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, o engine.Options) {
		m := engine.NewMux()
		o.Mux, o.MaxMessage, o.Subprotocols = m, 100, []string{"ours"}
		m.Handle("/plain", engine.Route{})
		m.Handle("/small", engine.Route{MaxMessage: 10})
		m.Handle("/large", engine.Route{MaxMessage: 1000})
		m.Handle("/fragments", engine.Route{MaxFragments: 2})
		m.Handle("/slow", engine.Route{MaxMessageRate: 3})
		m.Handle("/news", engine.Route{Subprotocols: []string{"news"}})
		m.Handle("/any", engine.Route{CheckOrigin: func(*handshake.Request) bool { return true }})
		s := serve(t, echoing, o)
		to := func(target string, lines ...string) (*peer, string) {
			p := connect(t, s.addr)
			p.write(strings.Replace(requestFor(target), "\r\n\r\n", "\r\n"+strings.Join(append(lines, "\r\n"), "\r\n"), 1))
			status, head := p.head()
			return p, status + head
		}
		for target, most := range map[string]int{"/plain": 100, "/small": 10, "/large": 1000} {
			p, _ := to(target)
			p.write(text(pattern(most)))
			p.expect(codec.Text, pattern(most))
			p.write(text(pattern(most + 1)))
			if op, payload := p.next(); op != codec.Close || payload[0] != 1009>>8 || payload[1] != 1009&0xff {
				t.Errorf("%s: opcode %d with %q for a message that is too large", target, op, payload)
			}
		}
		p, _ := to("/fragments")
		p.write(fragment(codec.Text, false, "a") + fragment(codec.Continuation, false, "b") + fragment(codec.Continuation, true, "c"))
		if op, payload := p.next(); op != codec.Close || payload[1] != 1008&0xff {
			t.Errorf("opcode %d with %q for too many fragments", op, payload)
		}
		p, _ = to("/slow")
		p.write(text("1") + text("2") + text("3") + text("4"))
		for op, payload := p.next(); op != codec.Close; op, payload = p.next() {
			if string(payload) > "4" {
				t.Errorf("%q", payload)
			}
		}
		const offer = "Sec-WebSocket-Protocol: ours, news"
		for target, want := range map[string]string{"/plain": "ours", "/news": "news"} {
			if _, head := to(target, offer); !strings.Contains(head, "Sec-WebSocket-Protocol: "+want+"\r\n") {
				t.Errorf("%s: %q, want the subprotocol %s", target, head, want)
			}
		}
		const foreign = "Origin: http://elsewhere.example"
		for target, want := range map[string]string{"/plain": "HTTP/1.1 403", "/any": "HTTP/1.1 101", "/nowhere": "HTTP/1.1 404"} {
			if _, head := to(target, foreign); !strings.HasPrefix(head, want) {
				t.Errorf("%s: %q, want %q", target, head, want)
			}
		}
	})
}

// Routes that inherit the server's compression share its memory for contexts.
func TestRoutesShareContextMemory(t *testing.T) {
	t.Parallel()
	m := engine.NewMux()
	m.Handle("/a", engine.Route{})
	m.Handle("/b", engine.Route{MaxMessage: 1000})
	m.Handle("/own", engine.Route{Compression: &engine.Compression{}})
	s := serve(t, echoing, engine.Options{Mux: m, Compression: &engine.Compression{
		ContextTakeover: true, WindowBits: 10, MaxContextMemory: 3 << 10, MinSize: 1,
	}})
	for i, tt := range []struct {
		target string
		kept   bool
	}{{"/a", true}, {"/b", false}, {"/own", false}} {
		p := connect(t, s.addr)
		p.write(strings.Replace(requestFor(tt.target), "\r\n\r\n", "\r\n"+browserOffer+"\r\n\r\n", 1))
		if head := p.upgraded(); strings.Contains(head, "no_context_takeover") == tt.kept {
			t.Errorf("%d: %q", i, head)
		}
	}
}

// Connections of a route share what they have in common.
func TestRoutesCostNothing(t *testing.T) {
	m := engine.NewMux()
	m.Handle("/chat/{room}", engine.Route{})
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{Mux: m})
	var first *engine.Conn
	for range 3 {
		p := connect(t, s.addr)
		p.write(requestFor("/chat/x"))
		p.upgraded()
		c := r.conn(t)
		if first == nil {
			first = c
		}
		if !engine.SameProfile(first, c) {
			t.Error("a connection has a profile of its own")
		}
	}
}

// Behind net/http the routes count as well.
func TestServeHTTPWithMux(t *testing.T) {
	t.Parallel()
	s := newAdopter(nil, engine.Options{Mux: newTellingMux()})
	at := behind(t, s, s)
	for target, want := range map[string]string{"/chat/x": `X-Found: /chat/{room} "x"`, "/nowhere": "404 Not Found"} {
		p := connect(t, at.addr)
		p.write(requestFor(target))
		if _, head := p.head(); !strings.Contains(head, want) {
			t.Errorf("%s: %q", target, head)
		}
	}
}

// Mistakes in patterns show at once, as with net/http.
func TestMuxHandlePanics(t *testing.T) {
	t.Parallel()
	for _, patterns := range [][]string{{""}, {"chat"}, {"/{"}, {"/a/{x}", "/a/{y}"}, {"/{x}/b", "/b/{x}"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q are accepted", patterns)
				}
			}()
			m := engine.NewMux()
			for _, p := range patterns {
				m.Handle(p, engine.Route{})
			}
		}()
	}
}

// Routes are the same with TLS.
func TestMuxWithTLS(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, o engine.Options) {
		o.Mux = newTellingMux()
		s := serveTLS(t, nil, o)
		p, _ := connectTLS(t, s, clientTLS())
		p.write(requestFor("/chat/room"))
		if head := p.upgraded(); !strings.Contains(head, `X-Found: /chat/{room} "room" ""`) {
			t.Error(head)
		}
		p.echoes(10, 100_000)
		lost, _ := connectTLS(t, s, clientTLS())
		lost.write(requestFor("/nowhere/at/all"))
		lost.expectRefusal("404 Not Found")
	})
}
