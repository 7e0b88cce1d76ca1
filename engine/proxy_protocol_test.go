package engine_test

import (
	"crypto/tls"
	"encoding/binary"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/engine"
)

// header2 gives a header of version 2 of the PROXY protocol.
func header2(command, family byte, rest string) string {
	b := append([]byte("\r\n\r\n\x00\r\nQUIT\n"), command, family)
	return string(binary.BigEndian.AppendUint16(b, uint16(len(rest)))) + rest
}

const proxied = "PROXY TCP4 192.0.2.1 198.51.100.2 4711 443\r\n"

var (
	proxied2  = header2(0x21, 0x11, "\xc0\x00\x02\x01\xc6\x33\x64\x02\x12\x67\x01\xbb"+"\x04\x00\x00")
	byHealth  = header2(0x20, 0x00, "")
	byUnknown = "PROXY UNKNOWN\r\n"
)

// fromProxied says what address follows from a header and X-Forwarded-For; "" is
// the socket's peer's.
var fromProxied = []struct{ header, forwarded, from string }{
	{proxied, "", "192.0.2.1:4711"},
	{proxied2, "", "192.0.2.1:4711"},
	{"PROXY TCP6 2001:db8::1 2001:db8::2 4711 443\r\n", "", "[2001:db8::1]:4711"},
	{byHealth, "", ""},
	{byUnknown, "", ""},

	{proxied, "6.6.6.6", "192.0.2.1:4711"}, // is no proxy
	{"PROXY TCP4 10.0.0.1 198.51.100.2 4711 443\r\n", "192.0.2.9", "192.0.2.9:0"},
	{"PROXY TCP4 10.0.0.1 198.51.100.2 4711 443\r\n", "", "10.0.0.1:4711"},
	{byHealth, "192.0.2.9", "192.0.2.9:0"}, // by the proxy itself
	{byUnknown, "6.6.6.6", ""},             // by anybody
}

// forProxied gives the request that belongs to it.
func forProxied(forwarded string) string {
	if forwarded == "" {
		return request
	}
	return requestWith("X-Forwarded-For: " + forwarded)
}

func optionsProxied() engine.Options {
	return engine.Options{
		Proxies:     &engine.Proxies{Trusted: local, PROXYProtocol: true, Header: engine.XForwardedFor},
		UpgradeConn: noteAddr, HandshakeTimeout: patience,
	}
}

func TestPROXYProtocol(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, o engine.Options) {
		workers := o.Workers
		o = optionsProxied()
		o.Workers = workers
		s := serve(t, teller, o)
		for _, test := range fromProxied {
			for _, piece := range []int{1000, 7, 1} {
				p := connect(t, s.addr)
				p.writePieces(test.header+forProxied(test.forwarded), piece)
				from := test.from
				if from == "" {
					from = p.LocalAddr().String()
				}
				p.expectFrom(from, "127.0.0.1")
				p.Close()
			}
		}
	})
}

func (p *peer) writePieces(s string, size int) {
	p.t.Helper()
	for len(s) > 0 {
		n := min(size, len(s))
		p.write(s[:n])
		s = s[n:]
	}
}

// Header and request may be cut anywhere: the server has read what comes before
// the cut.
func TestPROXYProtocolCut(t *testing.T) {
	t.Parallel()
	s, written := serve(t, teller, optionsProxied()), uint64(0)
	for _, header := range []string{proxied, proxied2} {
		whole := header + request
		for _, at := range []int{1, 5, 6, 7, 12, 13, 14, 15, 16, 17, len(header) - 1, len(header), len(header) + 1, len(whole) - 1} {
			p := connect(t, s.addr)
			p.write(whole[:at])
			eventually(t, "the first part to be read", func() bool { return s.Stats().BytesIn == written+uint64(at) })
			p.write(whole[at:])
			written += uint64(len(whole))
			p.expectFrom("192.0.2.1:4711", "127.0.0.1")
			p.Close()
		}
	}
	expectNothingHeld(t, s)
}

// expectNothingHeld waits until all memory that was held is given back.
func expectNothingHeld(t *testing.T, s *running) {
	t.Helper()
	eventually(t, "the connections to go", func() bool { return s.Stats().Connections == 0 })
	if n := s.Stats().Memory; n != 0 {
		t.Errorf("%d bytes are held", n)
	}
}

// What has come of a header counts as held.
func TestPROXYProtocolMemory(t *testing.T) {
	t.Parallel()
	for _, s := range []*running{serve(t, unused(t), optionsProxied()), serveTLS(t, unused(t), optionsProxied())} {
		p := connect(t, s.addr)
		p.write(proxied[:20])
		eventually(t, "it to be held", func() bool { return s.Stats().Memory > 0 })
		p.Close()
		expectNothingHeld(t, s)
	}
}

// inPieces is a connection whose first bytes are others', and whose writes are cut.
type inPieces struct {
	net.Conn
	first string
	size  int
}

func (c *inPieces) Write(b []byte) (int, error) {
	all := append([]byte(c.first), b...)
	c.first = ""
	for len(all) > 0 {
		n := min(c.size, len(all))
		if _, err := c.Conn.Write(all[:n]); err != nil {
			return 0, err
		}
		all = all[n:]
	}
	return len(b), nil
}

// The header comes before TLS, perhaps in one segment with its first record.
func TestPROXYProtocolBeforeTLS(t *testing.T) {
	t.Parallel()
	eachVersion(t, func(t *testing.T, client *tls.Config) {
		s := serveTLS(t, teller, optionsProxied())
		for _, test := range fromProxied {
			for _, piece := range []int{1 << 20, 100, 1} {
				p := connect(t, s.addr)
				from := test.from
				if from == "" {
					from = p.LocalAddr().String()
				}
				p.Conn = &inPieces{p.Conn, test.header, piece}
				secure, _, err := p.over(client)
				if err != nil {
					t.Fatalf("%q, %d bytes at a time: %v", test.header, piece, err)
				}
				secure.write(forProxied(test.forwarded))
				secure.expectFrom(from, "127.0.0.1")
				secure.Close()
			}
		}
		if n := s.Stats().ProxyFailed; n != 0 {
			t.Errorf("%d headers failed", n)
		}
		expectNothingHeld(t, s)
	})
}

// A proxy that sends none, or a bad one, is cut, without an answer.
func TestPROXYProtocolFails(t *testing.T) {
	t.Parallel()
	plain, secure := serve(t, unused(t), optionsProxied()), serveTLS(t, unused(t), optionsProxied())
	for _, s := range []*running{plain, secure} {
		bad := []string{
			request, "\x16\x03\x01\x00\x01x", "\x00",
			"PROXY TCP4 192.0.2.1\r\n", "PROXY " + strings.Repeat("x", 200), "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
			header2(0x21, 0x11, "short"), header2(0x11, 0x11, ""), header2(0x21, 0x11, strings.Repeat("\x00", 65535))[:16],
		}
		for _, header := range bad {
			p := connect(t, s.addr)
			p.write(header)
			p.expectCut()
		}
		expectNothingHeld(t, s)
		if st := s.Stats(); st.ProxyFailed != uint64(len(bad)) || st.Refused != 0 {
			t.Errorf("%d failed, %d were refused, want %d and 0", st.ProxyFailed, st.Refused, len(bad))
		}
	}
}

// From others no header is looked for: one that comes is a malformed request.
func TestPROXYProtocolByOthers(t *testing.T) {
	t.Parallel()
	o := optionsProxied()
	o.Proxies.Trusted = local[1:]
	s := serve(t, teller, o)
	for header, status := range map[string]string{proxied: "400 Bad Request", proxied2: "400 Bad Request"} {
		p := connect(t, s.addr)
		p.write(header + request)
		if got, _ := p.head(); got != "HTTP/1.1 "+status {
			t.Errorf("%q is answered with %q, want %s", header, got, status)
		}
	}
	p := connect(t, s.addr)
	p.write(requestWith("X-Forwarded-For: 6.6.6.6"))
	p.expectFrom(p.LocalAddr().String(), "")
	if n := s.Stats().ProxyFailed; n != 0 {
		t.Errorf("%d headers failed", n)
	}
	secure := serveTLS(t, teller, o)
	q := connect(t, secure.addr)
	q.write(proxied)
	q.expectCut()
}

// The time for the handshake includes that for the header.
func TestPROXYProtocolTimeout(t *testing.T) {
	t.Parallel()
	const limit = 100 * time.Millisecond
	o := optionsProxied()
	o.HandshakeTimeout = limit
	large := header2(0x21, 0x11, "\xc0\x00\x02\x01\xc6\x33\x64\x02\x12\x67\x01\xbb"+"\x04\x0f\x00"+strings.Repeat("x", 0xf00))
	for _, s := range []*running{serve(t, unused(t), o), serveTLS(t, unused(t), o)} {
		for _, header := range []string{proxied[:len(proxied)-1], large} {
			p := connect(t, s.addr)
			dribble := time.NewTicker(limit / 10)
			for i := 0; i < len(header)-1; i++ {
				if _, err := p.Write([]byte{header[i]}); err != nil {
					break
				}
				<-dribble.C
			}
			dribble.Stop()
			p.expectCut()
		}
		expectNothingHeld(t, s)
		if n := s.Stats().ProxyFailed; n != 0 {
			t.Errorf("%d headers failed", n)
		}
	}
}

// A peer that ends its stream within the header, or before it, as some health
// checks do, is no failure.
func TestPROXYProtocolEnds(t *testing.T) {
	t.Parallel()
	for _, s := range []*running{serve(t, unused(t), optionsProxied()), serveTLS(t, unused(t), optionsProxied())} {
		for _, header := range []string{"", proxied[:20], proxied} {
			p := connect(t, s.addr)
			p.write(header)
			p.closeWrite()
			p.expectEOF()
		}
		expectNothingHeld(t, s)
		if n := s.Stats().ProxyFailed; n != 0 {
			t.Errorf("%d headers failed", n)
		}
	}
}
