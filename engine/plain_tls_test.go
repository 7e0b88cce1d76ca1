package engine_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// One port serves pages and WebSockets with TLS, on the same connection too, with
// all that was sent ahead.
func TestHTTPWithTLS(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, o engine.Options) {
		o.HTTP = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%x ", r.TLS.Version)
			pages(w, r)
		})
		s := serveTLS(t, echoing, o)
		eachVersion(t, func(t *testing.T, client *tls.Config) {
			for _, size := range []int{10, 3000, 100_000} {
				p, tc := connectTLS(t, s, client)
				version := fmt.Sprintf("%x ", tc.ConnectionState().Version)
				post := fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", size, pattern(size))
				p.write(getPage + post)
				p.expectPage(200, version+"GET /page 0 ")
				p.expectPage(200, fmt.Sprintf("%sPOST / %d %.20s", version, size, pattern(size)))
				p.write(post + request + text(pattern(size)) + text("more"))
				p.expectPage(200, fmt.Sprintf("%sPOST / %d %.20s", version, size, pattern(size)))
				p.upgraded()
				p.expect(codec.Text, pattern(size))
				p.expect(codec.Text, "more")
				p.echoes(0, 1000, 100_000)
				p.write(closing(1000, ""))
				p.expectClose(1000, "")
				p.expectEOF()
			}
		})
		eventually(t, "the connections to end", func() bool { st := s.Stats(); return st.HTTP == 0 && st.Connections == 0 })
	})
}

// Wherever its records are cut, a request is answered.
func TestHTTPWithTLSDribble(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{HTTP: pages, HandshakeTimeout: patience})
	eachVersion(t, func(t *testing.T, client *tls.Config) {
		for cut := 1; cut < 150; cut += 10 {
			p := connect(t, s.addr)
			held := &holding{Conn: p.Conn}
			p.Conn = held
			p, _, err := p.over(client)
			if err != nil {
				t.Fatal(err)
			}
			held.holds = true
			for i := range getPage {
				p.write(getPage[i : i+1])
			}
			p.write(getPage)
			held.holds = false
			for b := held.kept; len(b) > 0; b = b[min(cut, len(b)):] {
				held.Conn.Write(b[:min(cut, len(b))])
			}
			p.expectPage(200, "GET /page 0 ")
			p.expectPage(200, "GET /page 0 ")
			p.write(request + text("hello"))
			p.upgraded()
			p.expect(codec.Text, "hello")
			p.Close()
		}
	})
}

// What a handshake ends with, the tickets, has arrived before a page.
func TestHTTPWithTLSResumption(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{HTTP: pages})
	client := clientTLS()
	client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	for i := range 3 {
		p, tc := connectTLS(t, s, client)
		p.write(getPage)
		p.expectPage(200, "GET /page 0 ")
		if resumed := tc.ConnectionState().DidResume; resumed != (i > 0) {
			t.Errorf("connection %d: resumed %t", i, resumed)
		}
		tc.Close()
	}
	eventually(t, "the connections to end", func() bool { st := s.Stats(); return st.HTTP == 0 && st.Memory == 0 })
}

// Pages with TLS keep to the limits.
func TestHTTPWithTLSWithinLimits(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{HTTP: pages, MaxHTTPConns: 1})
	first, _ := connectTLS(t, s, clientTLS())
	first.write(getPage)
	first.expectPage(200, "GET /page 0 ")
	second, _ := connectTLS(t, s, clientTLS())
	second.write(getPage)
	second.expectRefusal("503 Service Unavailable")
	first.write(request + text("hello")) // gives its place back
	first.upgraded()
	first.expect(codec.Text, "hello")
	eventually(t, "the place to be free", func() bool { return s.Stats().HTTP == 0 })
	third, _ := connectTLS(t, s, clientTLS())
	third.write(getPage)
	third.expectPage(200, "GET /page 0 ")
}

// Shutdown waits for requests with TLS, and ends connections that are idle.
func TestShutdownWaitsForHTTPWithTLS(t *testing.T) {
	t.Parallel()
	h, entered, leave := blocking()
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.Handle("/page", pages)
	s := serveTLS(t, echoing, engine.Options{HTTP: mux})
	idle, _ := connectTLS(t, s, clientTLS())
	busy, _ := connectTLS(t, s, clientTLS())
	idle.write(getPage)
	idle.expectPage(200, "GET /page 0 ")
	busy.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	receive(t, "the request", entered)
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(t.Context()) }()
	idle.expectEOF()
	leave()
	busy.expectPage(200, "done")
	busy.expectEOF()
	if err := receive(t, "Shutdown", down); err != nil {
		t.Error(err)
	}
}
