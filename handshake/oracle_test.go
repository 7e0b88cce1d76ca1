package handshake

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
)

// The oracles are ws.Upgrader of gobwas, an upgrader of many years, and
// net/http: whatever Parse accepts, they must accept and read alike.

// memory is a connection whose peer has sent all that it will.
type memory struct {
	in  bytes.Reader
	out bytes.Buffer
}

func (m *memory) Read(p []byte) (int, error)  { return m.in.Read(p) }
func (m *memory) Write(p []byte) (int, error) { return m.out.Write(p) }

// gobwasUpgrade gives its response to head, and the extensions it has read.
func gobwasUpgrade(head []byte, subprotocol string) (response []byte, extensions []string, err error) {
	var m memory
	m.in.Reset(head)
	u := ws.Upgrader{
		Protocol: func(p []byte) bool { return string(p) == subprotocol },
		Negotiate: func(o httphead.Option) (httphead.Option, error) {
			extensions = append(extensions, string(o.Name))
			return httphead.Option{}, nil
		},
	}
	_, err = u.Upgrade(&m)
	return m.out.Bytes(), extensions, err
}

// compareWithGobwas checks a request that Parse has accepted. Two valid forms
// are skipped, which gobwas refuses: an Upgrade that lists more than
// websocket, and a Connection without upgrade beside one that has it.
func compareWithGobwas(t testing.TB, r *Request) {
	t.Helper()
	other := func(v string) bool { return !is(v, "websocket") }
	without := func(v string) bool { has, _ := listed([]byte(v), "upgrade", isToken[[]byte]); return !has }
	if slices.ContainsFunc(r.Headers("Upgrade"), other) || slices.ContainsFunc(r.Headers("Connection"), without) {
		return
	}
	var last string // the one that gobwas must look furthest for
	for _, p := range r.Subprotocols() {
		last = p
	}
	theirs, extensions, err := gobwasUpgrade(r.b, last)
	if err != nil {
		t.Fatalf("%q: gobwas refuses: %v", r.b, err)
	}
	ours, err := AppendResponse(nil, r, Accept{Subprotocol: last})
	if err != nil {
		t.Fatalf("%q: %v", r.b, err)
	}
	if !bytes.Equal(ours, theirs) {
		t.Fatalf("%q\nours   %q\ngobwas %q", r.b, ours, theirs)
	}
	var names []string
	for _, e := range r.Extensions() {
		names = append(names, e.Name)
	}
	if !slices.Equal(names, extensions) {
		t.Fatalf("%q: extensions %q, gobwas %q", r.b, names, extensions)
	}
}

func compareWithNetHTTP(t testing.TB, r *Request) {
	t.Helper()
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.b)))
	if err != nil {
		t.Fatalf("%q: net/http refuses: %v", r.b, err)
	}
	path := req.URL.Path
	if path == "" {
		path = "/"
	}
	ours := fmt.Sprintf("%q %q %q %q %v", r.Host(), r.Path(), r.RawQuery(), r.Query(), r.Cookies())
	theirs := fmt.Sprintf("%q %q %q %q %v", req.Host, path, req.URL.RawQuery, req.URL.Query(), req.Cookies())
	if ours != theirs {
		t.Fatalf("%q\nours     %s\nnet/http %s", r.b, ours, theirs)
	}
	for name := range r.All() { // theirs has more: a Cache-Control made from Pragma
		if got, values := r.Headers(name), req.Header.Values(name); !slices.Equal(got, values) && !is(name, "Host") {
			t.Fatalf("%q: %s: %q, net/http %q", r.b, name, got, values)
		}
	}
}

func TestOracles(t *testing.T) {
	heads := []string{
		request("Sec-WebSocket-Protocol: a, b", "Sec-WebSocket-Protocol: c"),
		request(`Sec-WebSocket-Extensions: a; b="1", c;d;e=f`, "Sec-WebSocket-Extensions: g"),
		without(theConnection, "Connection:keep-alive , UPGRADE"),
		without(theHost, "Host: [::1]:8080"),
		requestTo("/a%20b//?x=1", "Cookie: a=b; c=d"),
		requestTo("http://other.example?x", "Content-Length: 0"),
	}
	for _, head := range clients {
		heads = append(heads, head)
	}
	for _, head := range heads {
		r := parsed(t, head)
		compareWithGobwas(t, r)
		compareWithNetHTTP(t, r)
	}
}

// Where gobwas is laxer, and why we are not.
func TestStricterThanGobwas(t *testing.T) {
	for why, head := range map[string]string{
		"bare LF ends lines: smuggling":           strings.ReplaceAll(request(), "\r\n", "\n"),
		"controls in values: smuggling":           request("A: \x00\x1b"),
		"space before a colon: smuggling":         request("A : b"),
		"names that are no tokens":                request("A(): b"),
		"later HTTP/1 versions, which nobody has": strings.Replace(request(), "HTTP/1.1", "HTTP/1.9", 1),
		"any target":                               requestTo("chat"),
		"fragment":                                 requestTo("/#a"),
		"empty Host":                               without(theHost, "Host:"),
		"malformed Host":                           without(theHost, "Host: a/b"),
		"two Hosts: which is it?":                  request("Host: evil.example"),
		"two keys":                                 request("Sec-WebSocket-Key: " + testKey),
		"a key that is no base64 of 16 bytes":      without(theKey, "Sec-WebSocket-Key: ????????????????????????"),
		"two versions":                             request("Sec-WebSocket-Version: 13"),
		"repeated subprotocol, RFC 6455 4.1":       request("Sec-WebSocket-Protocol: a, a"),
		"two Origins":                              request("Origin: https://a.example", "Origin: https://b.example"),
		"Transfer-Encoding: smuggling":             request("Transfer-Encoding: chunked"),
		"Content-Length: the body would be frames": request("Content-Length: 5"),
		"Expect":                                   request("Expect: 100-continue"),
		"heads of any size":                        request("A: " + strings.Repeat("x", DefaultMaxHead)),
	} {
		if _, _, err := gobwasUpgrade([]byte(head), ""); err != nil {
			t.Errorf("%s: gobwas refuses too: %v", why, err)
		}
		if o := parse(newRequest(), []byte(head), Limits{}); o.problem == "" {
			t.Errorf("%s: accepted", why)
		}
	}
}

// What gobwas refuses though it is valid.
func TestLaxerThanGobwas(t *testing.T) {
	for _, head := range []string{
		without(theUpgrade, "Upgrade: h2c, websocket"),
		without(theUpgrade, "Upgrade: h2c", "Upgrade: websocket"),
		without(theConnection, "Connection: keep-alive", "Connection: Upgrade"),
	} {
		parsed(t, head)
		if _, _, err := gobwasUpgrade([]byte(head), ""); err == nil {
			t.Errorf("%q: gobwas accepts", head)
		}
	}
}

func BenchmarkUpgradeGobwas(b *testing.B) {
	head := []byte(clients["Chromium"])
	var m memory
	b.ReportAllocs()
	for b.Loop() {
		m.in.Reset(head)
		m.out.Reset()
		if _, err := ws.Upgrade(&m); err != nil {
			b.Fatal(err)
		}
	}
}
