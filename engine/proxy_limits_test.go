package engine_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/engine"
)

// proxiedFrom gives the header for a client.
func proxiedFrom(addr string) string {
	return fmt.Sprintf("PROXY TCP4 %s 198.51.100.2 4711 443\r\n", addr)
}

// tellers are the ways in which a client's address is told.
var tellers = map[string]struct {
	proxies engine.Proxies
	request func(addr string) string
}{
	"header": {
		engine.Proxies{Trusted: local, Header: engine.XForwardedFor},
		func(addr string) string { return requestWith("X-Forwarded-For: " + addr) },
	},
	"PROXY protocol": {
		engine.Proxies{Trusted: local, PROXYProtocol: true},
		func(addr string) string { return proxiedFrom(addr) + request },
	},
	"both": {
		engine.Proxies{Trusted: local, PROXYProtocol: true, Header: engine.XForwardedFor},
		func(addr string) string { return proxiedFrom("10.0.0.1") + requestWith("X-Forwarded-For: "+addr) },
	},
}

// Clients are counted apart, and the proxy not at all.
func TestMaxConnsPerAddrBehindProxy(t *testing.T) {
	t.Parallel()
	for name, way := range tellers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachMode(t, func(t *testing.T, o engine.Options) {
				o.Proxies, o.MaxConnsPerAddr, o.Loops = &way.proxies, 2, 2
				r := record(echoing)
				s := serve(t, r, o)
				dial := func(addr string) *peer {
					p := connect(t, s.addr)
					p.write(way.request(addr))
					return p
				}
				expectTooMany := func(addr string) {
					t.Helper()
					p := dial(addr)
					if status, head := p.head(); status != "HTTP/1.1 429 Too Many Requests" || !strings.Contains(head, "\r\nRetry-After: 5\r\n") {
						t.Errorf("one too many is answered with %q", head)
					}
					p.Close()
				}
				var first *peer
				for _, addr := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"} {
					for range 2 {
						p := dial(addr)
						p.upgraded()
						if first == nil {
							first = p
							receive(t, "the first to open", r.opened)
						}
					}
					expectTooMany(addr)
				}
				for range 5 {
					dial("10.0.0.7").upgraded() // the proxies' own
				}
				first.Close()
				r.end(t)
				eventually(t, "its place to be free", func() bool { // after OnClose
					p := dial("192.0.2.1")
					status, _ := p.head()
					if status == "HTTP/1.1 101 Switching Protocols" {
						return true
					}
					p.Close()
					return false
				})
				expectTooMany("192.0.2.1")
			})
		})
	}
}

func TestMaxConnRatePerAddrBehindProxy(t *testing.T) {
	t.Parallel()
	for name, way := range tellers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, echoing, engine.Options{Proxies: &way.proxies, MaxConnRatePerAddr: 1})
			status := func(addr string) string {
				p := connect(t, s.addr)
				defer p.Close()
				p.write(way.request(addr))
				status, _ := p.head()
				return status
			}
			const taken, refused = "HTTP/1.1 101 Switching Protocols", "HTTP/1.1 429 Too Many Requests"
			for _, addr := range []string{"192.0.2.1", "192.0.2.2"} {
				if got := status(addr); got != taken {
					t.Errorf("the first of %s is answered with %q", addr, got)
				}
			}
			eventually(t, "one too many to be refused", func() bool { return status("192.0.2.1") == refused })
			eventually(t, "the right to connect to come back", func() bool { return status("192.0.2.1") == taken })
		})
	}
}

// With TLS a client is counted before the handshake, which it is not worth.
func TestMaxConnsPerAddrBehindProxyWithTLS(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	o := optionsProxied()
	o.MaxConnsPerAddr = 1
	s := serveTLS(t, r, o)
	dial := func(addr string) (*peer, error) {
		p := connect(t, s.addr)
		p.Conn = &inPieces{p.Conn, proxiedFrom(addr), 1 << 20}
		secure, _, err := p.over(clientTLS())
		return secure, err
	}
	first, err := dial("192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	first.write(request)
	first.upgraded()
	if _, err := dial("192.0.2.1"); err == nil {
		t.Error("the second is let in")
	}
	if _, err := dial("192.0.2.2"); err != nil {
		t.Error("another's first: ", err)
	}
	if n := s.Stats().Shed; n != 1 {
		t.Errorf("%d were ended at once, want 1", n)
	}
	first.Close()
	r.end(t)
	if _, err := dial("192.0.2.1"); err != nil {
		t.Error("the first being gone: ", err)
	}
}

// One that is refused by its address does not keep its place within MaxConns,
// and one beyond MaxConns is told so behind its header.
func TestMaxConnsBehindProxy(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{
		Proxies: &engine.Proxies{Trusted: local, PROXYProtocol: true}, MaxConns: 2, MaxConnsPerAddr: 1, HandshakeTimeout: patience,
	})
	dial := func(first string) *peer {
		p := connect(t, s.addr)
		p.write(first)
		return p
	}
	expect := func(p *peer, want string) {
		t.Helper()
		if status, _ := p.head(); status != "HTTP/1.1 "+want {
			t.Errorf("got %q, want %q", status, want)
		}
	}
	dial(proxiedFrom("192.0.2.1") + request).upgraded()
	waiting := dial(proxiedFrom("192.0.2.1")) // beyond, but the request is to come
	eventually(t, "it to be counted", func() bool { return engine.Surplus(s.Server) == 1 })
	dial(proxiedFrom("192.0.2.2") + request).upgraded()
	expect(dial(proxiedFrom("192.0.2.3")+request), "503 Service Unavailable")
	waiting.write(request)
	expect(waiting, "429 Too Many Requests")
}

// Nor does one that is refused by the address that a header tells, however long
// it stays.
func TestMaxConnsBehindProxyWithHeader(t *testing.T) {
	t.Parallel()
	options := engine.Options{
		Proxies: &engine.Proxies{Trusted: local, Header: engine.XForwardedFor}, MaxConns: 2, MaxConnsPerAddr: 1, CloseTimeout: patience,
	}
	test := func(t *testing.T, s *running, connect func() *peer) {
		var refused []*peer
		for _, test := range []struct{ addr, want string }{
			{"192.0.2.1", "101 Switching Protocols"},
			{"192.0.2.1", "429 Too Many Requests"},
			{"192.0.2.1", "429 Too Many Requests"},
			{"192.0.2.2", "101 Switching Protocols"},
		} {
			p := connect()
			p.write(requestWith("X-Forwarded-For: " + test.addr))
			if status, _ := p.head(); status != "HTTP/1.1 "+test.want {
				t.Errorf("%s got %q, want %q", test.addr, status, test.want)
			} else if test.want[0] == '4' {
				refused = append(refused, p)
			}
		}
		for _, p := range refused {
			p.Close()
		}
		eventually(t, "those refused to be gone", func() bool {
			return engine.Surplus(s.Server) == 0 && s.Stats().Connections == 2
		})
	}
	eachMode(t, func(t *testing.T, o engine.Options) {
		mode := options
		mode.Workers = o.Workers
		s := serve(t, echoing, mode)
		test(t, s, func() *peer { return connect(t, s.addr) })
	})
	t.Run("TLS", func(t *testing.T) {
		s := serveTLS(t, echoing, options)
		test(t, s, func() *peer {
			p, _ := connectTLS(t, s, clientTLS())
			return p
		})
	})
}

// One beyond MaxConns does not count for its address, neither then nor later.
func TestMaxConnsBehindProxyForgetsSurplus(t *testing.T) {
	t.Parallel()
	for name, way := range tellers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := record(echoing)
			s := serve(t, r, engine.Options{Proxies: &way.proxies, MaxConns: 1, MaxConnsPerAddr: 1})
			dial := func(addr string) *peer {
				p := connect(t, s.addr)
				p.write(way.request(addr))
				return p
			}
			first := dial("192.0.2.1")
			first.upgraded()
			second := dial("192.0.2.2")
			if status, _ := second.head(); status != "HTTP/1.1 503 Service Unavailable" {
				t.Errorf("the second is answered with %q", status)
			}
			second.Close()
			first.Close()
			r.end(t)
			dial("192.0.2.2").upgraded()
		})
	}
}

// A net/http server's connections come from where its RemoteAddr says.
func TestServeHTTPBehindProxy(t *testing.T) {
	t.Parallel()
	s := newAdopter(teller, engine.Options{
		Proxies: &engine.Proxies{Trusted: local, Header: engine.XForwardedFor}, UpgradeConn: noteAddr, MaxConnsPerAddr: 1,
	})
	mux := http.NewServeMux()
	mux.Handle("/chat", s)
	set := func(path, addr string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			r.RemoteAddr = addr
			s.ServeHTTP(w, r)
		})
	}
	set("/real-ip", "192.0.2.7")
	set("/real-addr", "[2001:db8::7]:99")
	set("/proxy", "10.0.0.1")
	set("/nonsense", "@")
	at := behind(t, s, mux)
	for _, test := range []struct{ path, forwarded, from, via string }{
		{"/chat", "192.0.2.1", "192.0.2.1:0", "127.0.0.1"},
		{"/chat", "6.6.6.6, 192.0.2.2, 10.0.0.1", "192.0.2.2:0", "127.0.0.1"},
		{"/chat", "10.0.0.1", "10.0.0.1:0", "127.0.0.1"},
		{"/chat", "10.0.0.1", "10.0.0.1:0", "127.0.0.1"},
		{"/real-ip", "6.6.6.6", "192.0.2.7:0", "127.0.0.1"},
		{"/real-addr", "6.6.6.6", "[2001:db8::7]:99", "127.0.0.1"},
		{"/proxy", "192.0.2.3", "192.0.2.3:0", "127.0.0.1"},
	} {
		p := connect(t, at.addr)
		p.write(strings.Replace(requestWith("X-Forwarded-For: "+test.forwarded), "/chat", test.path, 1))
		p.expectFrom(test.from, test.via)
	}
	again := connect(t, at.addr)
	again.write(requestWith("X-Forwarded-For: 192.0.2.1"))
	if status, _ := again.head(); status != "HTTP/1.1 429 Too Many Requests" {
		t.Errorf("one too many is answered with %q", status)
	}
	p := connect(t, at.addr)
	p.write(strings.Replace(requestWith("X-Forwarded-For: 6.6.6.6"), "/chat", "/nonsense", 1))
	p.expectFrom(p.LocalAddr().String(), "")
}

// knowing is a listener that knows better than its sockets where connections
// come from, as one does that reads the PROXY protocol.
type knowing struct{ net.Listener }

type knownConn struct{ *net.TCPConn }

func (l knowing) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return knownConn{nc.(*net.TCPConn)}, nil
}

func (knownConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4711} }

// What the net/http server's listener has found out counts.
func TestServeHTTPBehindKnowingListener(t *testing.T) {
	t.Parallel()
	s := newAdopter(teller, engine.Options{Proxies: &engine.Proxies{Trusted: local}, UpgradeConn: noteAddr, MaxConnsPerAddr: 1})
	hs := httptest.NewUnstartedServer(s)
	hs.Listener = knowing{hs.Listener}
	hs.Start()
	t.Cleanup(func() {
		hs.Close()
		s.Close()
	})
	p := connect(t, hs.Listener.Addr())
	p.write(request)
	p.expectFrom("192.0.2.1:4711", "127.0.0.1")
	second := connect(t, hs.Listener.Addr())
	second.write(request)
	if status, _ := second.head(); status != "HTTP/1.1 429 Too Many Requests" {
		t.Errorf("the second is answered with %q", status)
	}
}

// One that has come through no proxy does not seem to.
func TestServeHTTPBehindNoProxy(t *testing.T) {
	t.Parallel()
	s := newAdopter(teller, engine.Options{Proxies: &engine.Proxies{Trusted: local[1:], Header: engine.XForwardedFor}, UpgradeConn: noteAddr})
	p := connect(t, behind(t, s, s).addr)
	p.write(requestWith("X-Forwarded-For: 6.6.6.6"))
	p.expectFrom(p.LocalAddr().String(), "")
}

// An ordinary request comes from where its own header says: a proxy may send
// those of several clients on one connection.
func TestHTTPBehindProxy(t *testing.T) {
	t.Parallel()
	o := engine.Options{
		Proxies: &engine.Proxies{Trusted: local, Header: engine.XForwardedFor}, UpgradeConn: noteAddr, MaxConnsPerAddr: 1,
		HTTP: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RemoteAddr) }),
	}
	s := serve(t, teller, o)
	p := connect(t, s.addr)
	get := func(forwarded string) string {
		return strings.Replace(getPage, "\r\n\r\n", "\r\nX-Forwarded-For: "+forwarded+"\r\n\r\n", 1)
	}
	for _, addr := range []string{"192.0.2.1", "192.0.2.2"} {
		p.write(get("6.6.6.6, " + addr))
		p.expectPage(200, addr+":0")
	}
	p.write(getPage)
	p.expectPage(200, p.LocalAddr().String())
	other := connect(t, s.addr) // whom the connection of p does not count for
	other.write(requestWith("X-Forwarded-For: 192.0.2.1"))
	other.expectFrom("192.0.2.1:0", "127.0.0.1")
	p.write(requestWith("X-Forwarded-For: 192.0.2.2"))
	p.expectFrom("192.0.2.2:0", "127.0.0.1")
}

// Behind a PROXY protocol header all requests of a connection are one client's,
// for whom it counts.
func TestHTTPBehindPROXYProtocol(t *testing.T) {
	t.Parallel()
	o := optionsProxied()
	o.MaxConnsPerAddr = 1
	o.HTTP = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RemoteAddr) })
	s := serve(t, teller, o)
	spoofing := strings.Replace(getPage, "\r\n\r\n", "\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n", 1)
	p := connect(t, s.addr)
	p.write(proxied + spoofing)
	p.expectPage(200, "192.0.2.1:4711")
	second := connect(t, s.addr)
	second.write(proxied + spoofing)
	if status, _ := second.page(); status != http.StatusTooManyRequests {
		t.Errorf("the second is answered with %d", status)
	}
	p.write(spoofing)
	p.expectPage(200, "192.0.2.1:4711")
	p.write(requestWith("X-Forwarded-For: 6.6.6.6"))
	p.expectFrom("192.0.2.1:4711", "127.0.0.1")
	second = connect(t, s.addr)
	second.write(proxied + request)
	if status, _ := second.head(); status != "HTTP/1.1 429 Too Many Requests" {
		t.Errorf("beside a WebSocket the second is answered with %q", status)
	}

	unknown := connect(t, s.addr)
	unknown.write(byUnknown + spoofing)
	unknown.expectPage(200, unknown.LocalAddr().String())
	for range 2 { // whom nobody knows is not counted
		q := connect(t, s.addr)
		q.write(byUnknown + spoofing)
		q.page()
		q.write(requestWith("X-Forwarded-For: 6.6.6.6"))
		q.expectFrom(q.LocalAddr().String(), "127.0.0.1")
	}
}
