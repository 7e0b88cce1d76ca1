package e2e

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/engine"
)

// Without Options.Proxies all clients have the proxy's address, so that a limit
// for an address hits them together.
func TestProxyHidesAddresses(t *testing.T) {
	withEachProxy(t, func(t *testing.T, b brand) {
		srv, addr, _ := startTeller(t, nil)
		b.start(t, addr, b.noChecks...).withEachWay(t, func(t *testing.T, w way) {
			defer eventually(t, "the clients to leave", func() bool { return srv.Stats().Connections == 0 })
			for _, addr := range []string{"127.0.0.2", "127.0.0.3"} {
				w.from = addr
				c := libraries[0].open(t, w.url, w.dialOptions)
				defer c.cut()
				expect(t, c, message{true, []byte("from 127.0.0.1")})
			}
			w.from = "127.0.0.4"
			expectTooMany(t, w)
		})
	})
}

// trusting gives what to believe of a proxy on this machine.
func trusting(header engine.ForwardedHeader, protocol bool) *engine.Proxies {
	return &engine.Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Header: header, PROXYProtocol: protocol}
}

// tellings are the ways in which proxies tell their clients' addresses, as
// changes to their configuration.
var tellings = []struct {
	name    string
	brand   brand
	changes []string
	proxies *engine.Proxies
}{
	{"nginx replaces", nginx, nil, trusting(engine.XForwardedFor, false)},
	{"nginx appends", nginx, []string{"X-Forwarded-For $remote_addr;", "X-Forwarded-For $proxy_add_x_forwarded_for;"}, trusting(engine.XForwardedFor, false)},
	{"nginx Forwarded", nginx, []string{"X-Forwarded-For $remote_addr;", `Forwarded "$http_forwarded, for=$remote_addr";`}, trusting(engine.Forwarded, false)},
	{"haproxy replaces", haproxy, nil, trusting(engine.XForwardedFor, false)},
	{"haproxy appends", haproxy, []string{"http-request set-header X-Forwarded-For %[src]", "option forwardfor"}, trusting(engine.XForwardedFor, false)},
	{"haproxy Forwarded", haproxy, []string{"set-header X-Forwarded-For %[src]", `add-header Forwarded for=%[src]`}, trusting(engine.Forwarded, false)},
	{"haproxy send-proxy", haproxy, sends("send-proxy"), trusting(engine.NoForwardedHeader, true)},
	{"haproxy send-proxy-v2", haproxy, sends("send-proxy-v2"), trusting(engine.NoForwardedHeader, true)},
	{"haproxy send-proxy-v2-ssl", haproxy, sends("send-proxy-v2-ssl-cn"), trusting(engine.NoForwardedHeader, true)},
	{"haproxy with TLVs", haproxy, sends("send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,authority,crc32c,unique-id"), trusting(engine.NoForwardedHeader, true)},
	{"haproxy with both", haproxy, sends("send-proxy-v2"), trusting(engine.XForwardedFor, true)},
}

// sends has HAProxy begin its connections, those of its checks as well, with a
// header of the PROXY protocol.
func sends(how string) []string { return []string{"check inter 200ms", "check inter 200ms " + how} }

func TestProxyTellsAddresses(t *testing.T) {
	for _, row := range tellings {
		t.Run(row.name, func(t *testing.T) {
			srv, addr, _ := startTeller(t, row.proxies)
			row.brand.start(t, addr, row.changes...).withEachWay(t, func(t *testing.T, w way) {
				expectTold(t, srv, w, "127.0.0.1")
			})
			if n := srv.Stats().ProxyFailed; n > 0 {
				t.Errorf("%d connections came without a header", n)
			}
		})
	}
}

// Where a proxy passes TLS on, the header of the PROXY protocol comes before it.
func TestProxyPassesTLS(t *testing.T) {
	for _, b := range []brand{haproxyTCP, nginxStream} {
		t.Run(b.name, func(t *testing.T) {
			srv, plain, secure := startTeller(t, trusting(engine.NoForwardedHeader, true))
			t.Run("ws", func(t *testing.T) { expectTold(t, srv, b.start(t, plain).plain(), "127.0.0.1") })
			t.Run("wss", func(t *testing.T) { expectTold(t, srv, b.start(t, secure).encrypted(), "127.0.0.1") })
			if n := srv.Stats().ProxyFailed; n > 0 {
				t.Errorf("%d connections came without a header", n)
			}
		})
	}
}

// Proxies may reach the server by a Unix socket, where they have no address.
func TestProxyOnUnixSocket(t *testing.T) {
	for _, row := range []struct {
		name, prefix string
		brand        brand
		changes      []string
		proxies      engine.Proxies
	}{
		{"nginx", "unix:", nginx, nil, engine.Proxies{TrustUnix: true, Header: engine.XForwardedFor}},
		{"haproxy", "unix@", haproxy, nil, engine.Proxies{TrustUnix: true, Header: engine.XForwardedFor}},
		{"haproxy send-proxy-v2", "unix@", haproxy, sends("send-proxy-v2"), engine.Proxies{TrustUnix: true, PROXYProtocol: true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			srv, _, _ := startTeller(t, &row.proxies)
			socket := serveTeller(t, srv, srv.Serve, "unix", filepath.Join(t.TempDir(), "socket"))
			row.brand.start(t, row.prefix+socket, row.changes...).withEachWay(t, func(t *testing.T, w way) {
				expectTold(t, srv, w, "")
			})
		})
	}
}

// HAProxy's checks of the server's health, which come with a header as well, do
// not fail.
func TestProxyChecks(t *testing.T) {
	for _, how := range []string{"send-proxy", "send-proxy-v2"} {
		t.Run(how, func(t *testing.T) {
			srv, addr, _ := startTeller(t, trusting(engine.NoForwardedHeader, true))
			p := haproxy.start(t, addr, sends(how)...)
			eventually(t, "ten checks to be answered", func() bool { return srv.Stats().Refused >= 10 })
			if n := srv.Stats().ProxyFailed; n > 0 || strings.Contains(p.log(t), " is DOWN") {
				t.Errorf("%d connections came without a header; the log of HAProxy:\n%s", n, p.log(t))
			}
		})
	}
}

// expectTold demands that the server knows clients by their own addresses,
// whatever they claim, and takes two of each.
func expectTold(t *testing.T, srv *engine.Server, w way, via string) {
	t.Helper()
	w.forwardedFor = "203.0.113.7"
	var clients []client
	for _, addr := range []string{"127.0.0.2", "127.0.0.3"} {
		w.from = addr
		for range 2 {
			c := libraries[len(clients)%len(libraries)].open(t, w.url, w.dialOptions)
			expect(t, c, message{true, []byte("from " + addr + " via " + via)})
			clients = append(clients, c)
		}
		expectTooMany(t, w)
	}
	for _, c := range clients {
		if err := c.close(1000, ""); err != nil {
			t.Error(err)
		}
	}
	eventually(t, "the clients to leave", func() bool { return srv.Stats().Open == 0 })
	libraries[0].open(t, w.url, w.dialOptions).cut()
}

// expectTooMany demands that another connection is refused: with 429, or before
// the TLS handshake, if that is the server's.
func expectTooMany(t *testing.T, w way) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, resp, err := libraries[0].dial(ctx, w.url, w.dialOptions)
	if err == nil {
		c.cut()
		t.Fatal("one too many is accepted")
	}
	if errors.Is(err, context.DeadlineExceeded) || resp != nil && resp.StatusCode != 429 {
		t.Fatalf("one too many got %v, %v", resp, err)
	}
	if resp == nil && !w.passes {
		t.Fatalf("one too many is not told: %v", err)
	}
}

// startTeller runs a server that allows an address two connections, and tells
// them where they come from. It serves ws at one address, and wss at another.
func startTeller(t *testing.T, proxies *engine.Proxies) (srv *engine.Server, plain, secure string) {
	t.Helper()
	if err := certificate.make(); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(certificate.cert, certificate.key)
	if err != nil {
		t.Fatal(err)
	}
	tell := engine.HandlerFuncs{Open: func(c *engine.Conn) {
		text := "from " + hostOf(c.RemoteAddr())
		if proxy := c.ProxyAddr(); proxy != nil {
			text += " via " + hostOf(proxy)
		}
		_ = c.SendText(text)
	}}
	srv = engine.NewServer(tell, engine.Options{
		Proxies: proxies, MaxConnsPerAddr: 2, TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}},
	})
	plain = serveTeller(t, srv, srv.Serve, "tcp", "127.0.0.1:0")
	secure = serveTeller(t, srv, func(l net.Listener) error { return srv.ServeTLS(l, "", "") }, "tcp", "127.0.0.1:0")
	return srv, plain, secure
}

func serveTeller(t *testing.T, srv *engine.Server, serve func(net.Listener) error, network, addr string) string {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- serve(l) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-served
	})
	return l.Addr().String()
}

func hostOf(a net.Addr) string {
	host, _, _ := net.SplitHostPort(a.String())
	return host
}

// eventually waits until cond holds, for what cannot be waited for otherwise.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
