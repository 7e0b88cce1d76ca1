package engine_test

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// local trusts the tests' own address, and the network 10.0.0.0/8.
var local = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::ffff:10.0.0.0/104"), netip.MustParsePrefix("fd00::/8")}

// teller tells each connection where it comes from, in the hook and once it is
// open.
var teller = engine.HandlerFuncs{Open: func(c *engine.Conn) {
	c.SendText(fmt.Sprintf("%v, then %v%s", c.Data(), c.RemoteAddr(), via(c)))
}}

func via(c *engine.Conn) string {
	if proxy := c.ProxyAddr(); proxy != nil {
		return " via " + hostOf(proxy)
	}
	return ""
}

func hostOf(a net.Addr) string {
	host, _, _ := net.SplitHostPort(a.String())
	return host
}

func noteAddr(c *engine.Conn, r *handshake.Request) (engine.Accept, error) {
	return engine.Accept{Data: c.RemoteAddr()}, nil
}

// expectFrom reads what teller tells.
func (p *peer) expectFrom(addr, via string) {
	p.t.Helper()
	p.upgraded()
	want := addr + ", then " + addr
	if via != "" {
		want += " via " + via
	}
	p.expect(codec.Text, want)
}

// fromForwarded is what is to become of lines of a header.
type fromForwarded struct {
	lines []string
	from  string // "": the socket's peer
}

func testForwarded(t *testing.T, header engine.ForwardedHeader, tests []fromForwarded) {
	t.Parallel()
	eachMode(t, func(t *testing.T, o engine.Options) {
		o.Proxies, o.UpgradeConn = &engine.Proxies{Trusted: local, Header: header}, noteAddr
		s := serve(t, teller, o)
		for _, test := range tests {
			p := connect(t, s.addr)
			from := test.from
			if from == "" {
				from = p.LocalAddr().String()
			}
			p.write(requestWith(strings.Join(append(test.lines, "X: y"), "\r\n")))
			p.expectFrom(from, "127.0.0.1")
			p.Close()
		}
	})
}

func TestXForwardedFor(t *testing.T) {
	testForwarded(t, engine.XForwardedFor, []fromForwarded{
		{nil, ""},
		{[]string{"Forwarded: for=192.0.2.1"}, ""},
		{[]string{"X-Forwarded-For: 192.0.2.1"}, "192.0.2.1:0"},
		{[]string{"x-forwarded-for: 2001:db8::1"}, "[2001:db8::1]:0"},
		{[]string{"X-Forwarded-For: 192.0.2.1:4711"}, "192.0.2.1:4711"},
		{[]string{"X-Forwarded-For: 6.6.6.6, 192.0.2.1"}, "192.0.2.1:0"}, // which claims to be a proxy for another
		{[]string{"X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 192.0.2.1"}, "192.0.2.1:0"},
		{[]string{"X-Forwarded-For: 192.0.2.1, 10.1.2.3, fd00::1, 127.0.0.1"}, "192.0.2.1:0"},
		{[]string{"X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 10.1.2.3", "Forwarded: for=6.6.6.6"}, "192.0.2.1:0"},
		{[]string{"X-Forwarded-For: 192.0.2.1, nonsense, 10.1.2.3"}, "10.1.2.3:0"},
		{[]string{"X-Forwarded-For: 192.0.2.1, nonsense"}, ""},
		{[]string{"X-Forwarded-For: ,,"}, ""},
		{[]string{"X-Forwarded-For: 10.9.9.9, ::ffff:10.1.2.3"}, "10.9.9.9:0"}, // all are proxies
	})
}

func TestForwarded(t *testing.T) {
	testForwarded(t, engine.Forwarded, []fromForwarded{
		{[]string{"X-Forwarded-For: 192.0.2.1"}, ""},
		{[]string{"Forwarded: for=192.0.2.1"}, "192.0.2.1:0"},
		{[]string{`FORWARDED: proto=https;For="[2001:db8::1]:4711";by=_a`, "X-Forwarded-For: 6.6.6.6"}, "[2001:db8::1]:4711"},
		{[]string{`Forwarded: for="`, `Forwarded: for=6.6.6.6;by=", for=192.0.2.1, for=10.0.0.1`}, "192.0.2.1:0"},
		{[]string{"Forwarded: for=192.0.2.1, for=unknown, for=10.0.0.1"}, "10.0.0.1:0"},
		{[]string{"Forwarded: for=192.0.2.1, for=_hidden"}, ""},
	})
}

// Without Proxies, or from others, nobody is believed.
func TestForwardedByOthers(t *testing.T) {
	t.Parallel()
	elsewhere := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("::/0"), {}}
	for name, proxies := range map[string]*engine.Proxies{
		"none":         nil,
		"zero":         {},
		"no header":    {Trusted: local},
		"zero trusted": {Header: engine.XForwardedFor, TrustUnix: true},
		"elsewhere":    {Header: engine.XForwardedFor, Trusted: elsewhere, TrustUnix: true},
	} {
		s := serve(t, teller, engine.Options{Proxies: proxies, UpgradeConn: noteAddr})
		p := connect(t, s.addr)
		p.write(requestWith("X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1"))
		proxy := ""
		if name == "no header" {
			proxy = "127.0.0.1"
		}
		p.expectFrom(p.LocalAddr().String(), proxy)
	}
}

// Peers on Unix sockets have no address that could be trusted.
func TestForwardedOnUnixSocket(t *testing.T) {
	t.Parallel()
	for _, trust := range []bool{false, true} {
		l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
		if err != nil {
			t.Fatal(err)
		}
		s := serveAt(t, l, teller, engine.Options{Proxies: &engine.Proxies{TrustUnix: trust, Header: engine.XForwardedFor}, MaxConnsPerAddr: 1})
		p := connect(t, s.addr)
		p.write(requestWith("X-Forwarded-For: 192.0.2.1"))
		p.upgraded()
		want := "<nil>, then 192.0.2.1:0 via "
		if !trust {
			want = "<nil>, then @"
		}
		p.expect(codec.Text, want)
		second := connect(t, s.addr)
		second.write(requestWith("X-Forwarded-For: 192.0.2.1"))
		if status, _ := second.head(); strings.Contains(status, "429") != trust {
			t.Errorf("trusted %v, and the second is answered with %q", trust, status)
		}
	}
}

// On a socket for both, peers of IPv4 have addresses that are mapped to IPv6.
func TestForwardedOnDualStack(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "[::]:0")
	if err != nil {
		t.Skip("no IPv6: ", err)
	}
	serveAt(t, l, teller, engine.Options{Proxies: &engine.Proxies{Trusted: local, Header: engine.XForwardedFor}, UpgradeConn: noteAddr})
	p := connect(t, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: l.Addr().(*net.TCPAddr).Port})
	p.write(requestWith("X-Forwarded-For: 192.0.2.1"))
	p.expectFrom("192.0.2.1:0", "127.0.0.1")
}

// A route's hook sees the client's address as well.
func TestForwardedOnRoute(t *testing.T) {
	t.Parallel()
	m := engine.NewMux()
	m.Handle("/chat", engine.Route{Handler: teller})
	s := serve(t, nil, engine.Options{Mux: m, Proxies: &engine.Proxies{Trusted: local, Header: engine.XForwardedFor}, UpgradeConn: noteAddr})
	p := connect(t, s.addr)
	p.write(requestWith("X-Forwarded-For: 192.0.2.1"))
	p.expectFrom("192.0.2.1:0", "127.0.0.1")
}

// What was told of a connection is not told of the next one in its place, nor of
// a client's.
func TestForwardedIsForgotten(t *testing.T) {
	t.Parallel()
	r := record(teller)
	s := serve(t, r, engine.Options{Proxies: &engine.Proxies{Trusted: local, Header: engine.XForwardedFor}})
	p := connect(t, s.addr)
	p.write(requestWith("X-Forwarded-For: 192.0.2.1"))
	p.upgraded()
	first := r.conn(t)
	p.Close()
	r.end(t)
	if a, b := first.RemoteAddr(), first.ProxyAddr(); a != nil || b != nil {
		t.Errorf("a connection that is gone has the addresses %v and %v", a, b)
	}
	elsewhere := serve(t, echoing, engine.Options{})
	c, err := engine.Dial(t.Context(), elsewhere.url(), echoing, engine.DialOptions{Server: s.Server})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := c.RemoteAddr().String(), c.ProxyAddr(); a != elsewhere.addr.String() || b != nil {
		t.Errorf("a client's peer has the addresses %v and %v", a, b)
	}
	c.Abort()
}
