package engine_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// expectRefusal reads a response with this status, and the end of the stream.
func (p *peer) expectRefusal(status string) (head string) {
	p.t.Helper()
	got, head := p.head()
	if got != "HTTP/1.1 "+status {
		p.t.Errorf("answered with %q, want %s", got, status)
	}
	if !strings.Contains(head, "\r\nConnection: close") {
		p.t.Errorf("no Connection: close in %q", head)
	}
	p.readAll()
	return head
}

// Nothing but its status comes of a bad request, whatever follows it.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	without := func(line string) string { return strings.Replace(request, line+"\r\n", "", 1) }
	with := func(old, new string) string { return strings.Replace(request, old, new, 1) }
	tests := []struct{ name, request, status string }{
		{"not HTTP", "\x16\x03\x01\x02", "400 Bad Request"},
		{"POST", with("GET", "POST"), "405 Method Not Allowed"},
		{"HTTP/1.0", with("HTTP/1.1", "HTTP/1.0"), "505 HTTP Version Not Supported"},
		{"no host", without("Host: server.example"), "400 Bad Request"},
		{"no upgrade", without("Upgrade: websocket"), "426 Upgrade Required"},
		{"no connection", without("Connection: Upgrade"), "400 Bad Request"},
		{"no key", without("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), "400 Bad Request"},
		{"short key", with("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), "400 Bad Request"},
		{"version 8", with("Version: 13", "Version: 8"), "426 Upgrade Required"},
		{"body", requestWith("Content-Length: 5"), "400 Bad Request"},
		{"chunked body", requestWith("Transfer-Encoding: chunked"), "400 Bad Request"},
		{"long target", with("/chat", "/"+strings.Repeat("a", 2000)), "414 Request URI Too Long"},
		{"long header", requestWith("X: " + strings.Repeat("a", 2000)), "431 Request Header Fields Too Large"},
		{"many headers", requestWith(strings.Repeat("X: a\r\n", 20) + "X: a"), "431 Request Header Fields Too Large"},
		{"another origin", requestWith("Origin: https://evil.example"), "403 Forbidden"},
	}
	s := serve(t, unused(t), engine.Options{MaxHead: 1000, MaxHeaders: 20})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := connect(t, s.addr)
			p.write(test.request + text("not executed"))
			head := p.expectRefusal(test.status)
			if strings.HasPrefix(test.status, "426") && !strings.Contains(head, "\r\nSec-Websocket-Version: 13\r\n") {
				t.Errorf("our version is not in %q", head)
			}
		})
	}
	if st := s.Stats(); st.Refused != uint64(len(tests)) || st.Opened != 0 {
		t.Errorf("stats: %+v", st)
	}
}

// hook is an Options.Upgrade.
type hook = func(*handshake.Request) (engine.Accept, error)

func TestUpgradeRefuses(t *testing.T) {
	t.Run("on a loop", func(t *testing.T) { testUpgradeRefuses(t, 0) })
	t.Run("on workers", func(t *testing.T) { testUpgradeRefuses(t, 2) })
}

func testUpgradeRefuses(t *testing.T, workers int) {
	t.Parallel()
	tests := []struct {
		name, request, status string
		options               engine.Options
	}{
		{"rejection", request, "429 Too Many Requests", engine.Options{Upgrade: func(*handshake.Request) (engine.Accept, error) {
			return engine.Accept{}, &handshake.Rejection{Status: 429, Header: http.Header{"Retry-After": {"5"}}}
		}}},
		{"another error", request, "500 Internal Server Error", engine.Options{Upgrade: func(*handshake.Request) (engine.Accept, error) {
			return engine.Accept{}, errors.New("no database")
		}}},
		{"panic", request, "500 Internal Server Error", engine.Options{Upgrade: func(*handshake.Request) (engine.Accept, error) {
			panic("hook")
		}}},
		{"subprotocol not offered", request, "500 Internal Server Error", engine.Options{Upgrade: func(*handshake.Request) (engine.Accept, error) {
			return engine.Accept{Subprotocol: "other"}, nil
		}}},
		{"header of the handshake", request, "500 Internal Server Error", engine.Options{Upgrade: func(*handshake.Request) (engine.Accept, error) {
			return engine.Accept{Header: http.Header{"Upgrade": {"x"}}}, nil
		}}},
		{"panic in CheckOrigin", request, "500 Internal Server Error", engine.Options{CheckOrigin: func(*handshake.Request) bool { panic("origin") }}},
		{"no common subprotocol", requestWith("Sec-WebSocket-Protocol: theirs"), "400 Bad Request", engine.Options{Subprotocols: []string{"ours"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.options.Workers = workers
			s := serve(t, unused(t), test.options)
			p := connect(t, s.addr)
			p.write(test.request + text("not executed"))
			head := p.expectRefusal(test.status)
			if test.name == "rejection" && !strings.Contains(head, "\r\nRetry-After: 5\r\n") {
				t.Errorf("the rejection's header is not in %q", head)
			}
			if st := s.Stats(); st.Refused != 1 || st.Panics != 0 != strings.HasPrefix(test.name, "panic") {
				t.Errorf("stats: %+v", st)
			}
		})
	}
}

func TestUpgradeAccepts(t *testing.T) {
	t.Run("on a loop", func(t *testing.T) { testUpgradeAccepts(t, 0) })
	t.Run("on workers", func(t *testing.T) { testUpgradeAccepts(t, 2) })
}

func testUpgradeAccepts(t *testing.T, workers int) {
	t.Parallel()
	own := engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) { c.SendText("own handler") }}
	tests := []struct {
		name, offer, subprotocol, answer string
		options                          engine.Options
	}{
		{"first of ours", "b, a", "a", "echo", engine.Options{Subprotocols: []string{"a", "b"}}},
		{"none offered", "", "", "echo", engine.Options{Subprotocols: []string{"a"}}},
		{"none needed", "b", "", "echo", engine.Options{Subprotocols: []string{"a"}, AllowNoSubprotocol: true}},
		{"none spoken", "b", "", "echo", engine.Options{}},
		{"by the hook", "a, b", "b", "own handler", engine.Options{Subprotocols: []string{"a"}, Upgrade: hookOf("b", own)}},
		{"handler alone", "a", "a", "own handler", engine.Options{Subprotocols: []string{"a"}, Upgrade: hookOf("", own)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.options.Workers = workers
			s := serve(t, echoing, test.options)
			p := connect(t, s.addr)
			if test.offer == "" {
				p.write(request)
			} else {
				p.write(requestWith("Sec-WebSocket-Protocol: " + test.offer))
			}
			head := p.upgraded()
			_, got, _ := strings.Cut(head, "\r\nSec-WebSocket-Protocol: ")
			if got, _, _ = strings.Cut(got, "\r\n"); got != test.subprotocol {
				t.Errorf("subprotocol %q, want %q", got, test.subprotocol)
			}
			if test.options.Upgrade != nil && !strings.Contains(head, "\r\nX-Hook: was here\r\n") {
				t.Errorf("the hook's header is not in %q", head)
			}
			p.write(text("echo"))
			p.expect(codec.Text, test.answer)
		})
	}
}

func hookOf(subprotocol string, h engine.Handler) hook {
	return func(*handshake.Request) (engine.Accept, error) {
		return engine.Accept{Subprotocol: subprotocol, Handler: h, Header: http.Header{"X-Hook": {"was here"}}}, nil
	}
}

// The hook sees the request, and what it leaves for the connection is there
// when that opens.
func TestUpgradeSetsData(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serve(t, r, engine.Options{
		Subprotocols: []string{"v1"},
		Upgrade:      func(r *handshake.Request) (engine.Accept, error) { return engine.Accept{Data: r.Path()}, nil },
	})
	p := connect(t, s.addr)
	p.write(requestWith("Sec-WebSocket-Protocol: v1"))
	p.upgraded()
	c := r.conn(t)
	if c.Data() != "/chat" || c.Subprotocol() != "v1" || c.State() != engine.Open {
		t.Errorf("opened %v with data %v and subprotocol %q", c.State(), c.Data(), c.Subprotocol())
	}
	if got, want := c.RemoteAddr().String(), p.LocalAddr().String(); got != want {
		t.Errorf("RemoteAddr is %s, want %s", got, want)
	}
}

// The time for the handshake does not grow with what comes meanwhile.
func TestHandshakeTimeout(t *testing.T) {
	t.Parallel()
	const limit = 100 * time.Millisecond
	s := serve(t, unused(t), engine.Options{HandshakeTimeout: limit})
	began := time.Now()
	p := connect(t, s.addr)
	dribble := time.NewTicker(limit / 10)
	defer dribble.Stop()
	for i := 0; ; i = (i + 1) % (len(request) / 2) {
		if _, err := p.Write([]byte{request[i]}); err != nil {
			break
		}
		<-dribble.C
	}
	if took := time.Since(began); took < limit-20*time.Millisecond || took > limit+patience/2 {
		t.Errorf("cut after %v, want about %v", took, limit)
	}
	eventually(t, "the connection to go", func() bool { return s.Stats().Connections == 0 })
}

func TestNoHandshakeTimeout(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{HandshakeTimeout: -1, IdleTimeout: -1})
	p := open(t, s)
	p.write(text("hello"))
	p.expect(codec.Text, "hello")
}
