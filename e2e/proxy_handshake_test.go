package e2e

import (
	"context"
	"io"
	"net/http"
	"testing"
)

func TestProxySubprotocol(t *testing.T) {
	srv := startEcho(t, "-subprotocol", "superchat,chat")
	withEachProxy(t, func(t *testing.T, b brand) {
		b.start(t, srv.addr).withEachWay(t, func(t *testing.T, w way) {
			withEach(t, func(t *testing.T, lib library) {
				o := w.dialOptions
				o.subprotocols = []string{"soap", "chat"}
				if got := lib.open(t, w.url, o).subprotocol(); got != "chat" {
					t.Errorf("got %q, want chat", got)
				}
				o.subprotocols = []string{"soap"}
				expectRefused(t, lib, w.url, o, 400)
			})
		})
	})
}

// Pages of the proxy's own origin may connect, with the Host that the browser
// sent. Without it, they may not.
func TestProxyOrigin(t *testing.T) {
	srv := startEcho(t)
	withEachProxy(t, func(t *testing.T, b brand) {
		asShown, rewriting := b.start(t, srv.addr), b.start(t, srv.addr, b.rewriteHost...)
		asShown.withEachWay(t, func(t *testing.T, w way) {
			w.origin = w.base
			echo(t, libraries[0].open(t, w.url, w.dialOptions), numbered(1))
			w.origin = "https://example.com"
			expectRefused(t, libraries[0], w.url, w.dialOptions, 403)
		})
		rewriting.withEachWay(t, func(t *testing.T, w way) {
			echo(t, libraries[0].open(t, w.url, w.dialOptions), numbered(1)) // no page
			w.origin = w.base
			expectRefused(t, libraries[0], w.url, w.dialOptions, 403)
		})
	})
}

// answer is what the client of a refused handshake is told.
type answer struct {
	status                        int
	kind, version, retry, upgrade string
	body                          string
}

// ask sends a request and gives the answer, which must not be 101.
func ask(t *testing.T, w way, method string, header map[string]string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, w.base+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	transport := &http.Transport{TLSClientConfig: w.tls}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	h := resp.Header
	return answer{resp.StatusCode, h.Get("Content-Type"), h.Get("Sec-WebSocket-Version"), h.Get("Retry-After"), h.Get("Upgrade"), string(body)}
}

// A refusal reaches the client as the server wrote it.
func TestProxyRefusals(t *testing.T) {
	srv := startEcho(t, "-subprotocol", "chat")
	direct := way{base: "http://" + srv.addr}
	withEachProxy(t, func(t *testing.T, b brand) {
		b.start(t, srv.addr).withEachWay(t, func(t *testing.T, w way) {
			for _, row := range refusals {
				t.Run(row.name, func(t *testing.T) {
					want, got := ask(t, direct, row.method, row.header), ask(t, w, row.method, row.header)
					if want.status != row.status || want.body == "" {
						t.Fatalf("the server itself says %+v", want)
					}
					if row.inspects == b.name { // and answers by itself
						want.kind, want.body = got.kind, got.body
					}
					if got.upgrade = want.upgrade; got != want {
						t.Errorf("got %+v\nwant %+v", got, want)
					}
				})
			}
		})
	})
}

var refusals = []struct {
	name, method string
	header       map[string]string
	status       int
	inspects     string // the proxy that refuses this before it reaches the server
}{
	{"no upgrade", "GET", nil, 426, ""},
	{"POST", "POST", nil, 405, ""},
	{"version", "GET", upgrading("Sec-WebSocket-Version", "8"), 426, ""},
	{"key", "GET", upgrading("Sec-WebSocket-Key", "short"), 400, "haproxy"},
	{"subprotocol", "GET", upgrading("Sec-WebSocket-Protocol", "soap"), 400, ""},
	{"origin", "GET", upgrading("Origin", "https://example.com"), 403, ""},
}

// upgrading gives the headers of a handshake, but for one.
func upgrading(name, value string) map[string]string {
	header := map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	}
	header[name] = value
	return header
}
