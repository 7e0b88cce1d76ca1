package handshake

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func clientRequest() *ClientRequest {
	return &ClientRequest{Host: "example.com:8080", Target: "/chat?a=%20", Key: testKey}
}

func TestAppendRequest(t *testing.T) {
	r := clientRequest()
	r.Origin = "https://example.com"
	r.Subprotocols = []string{"b", "a"}
	r.Extensions = `x; y="1"`
	r.Header = http.Header{"User-Agent": {"test"}, "Cookie": {"a=b"}, "Authorization": {"Basic eDp5"}}
	b, err := AppendRequest([]byte("before|"), r)
	want := "before|GET /chat?a=%20 HTTP/1.1\r\nHost: example.com:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + testKey + "\r\nOrigin: https://example.com\r\n" +
		"Sec-WebSocket-Protocol: b, a\r\nSec-WebSocket-Extensions: x; y=\"1\"\r\n" +
		"Authorization: Basic eDp5\r\nCookie: a=b\r\nUser-Agent: test\r\n\r\n"
	if err != nil || string(b) != want {
		t.Fatalf("%v %q\nwant %q", err, b, want)
	}
	parsed(t, strings.TrimPrefix(want, "before|"))
}

func TestAppendRequestRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		field string
		set   func(*ClientRequest)
	}{
		"no Host":               {"Host", func(r *ClientRequest) { r.Host = "" }},
		"LF in Host":            {"Host", func(r *ClientRequest) { r.Host = "a\nb" }},
		"URL as Host":           {"Host", func(r *ClientRequest) { r.Host = "ws://a" }},
		"no Target":             {"Target", func(r *ClientRequest) { r.Target = "" }},
		"query alone":           {"Target", func(r *ClientRequest) { r.Target = "?a" }},
		"URL as Target":         {"Target", func(r *ClientRequest) { r.Target = "http://a/" }},
		"space in Target":       {"Target", func(r *ClientRequest) { r.Target = "/ HTTP/1.1\r\nX: y" }},
		"fragment":              {"Target", func(r *ClientRequest) { r.Target = "/#a" }},
		"bad escape":            {"Target", func(r *ClientRequest) { r.Target = "/%" }},
		"no Key":                {"Key", func(r *ClientRequest) { r.Key = "" }},
		"short Key":             {"Key", func(r *ClientRequest) { r.Key = testKey[4:] }},
		"CR in Origin":          {"Origin", func(r *ClientRequest) { r.Origin = "a\rb" }},
		"space in subprotocol":  {"Subprotocols", func(r *ClientRequest) { r.Subprotocols = []string{"a b"} }},
		"comma in subprotocol":  {"Subprotocols", func(r *ClientRequest) { r.Subprotocols = []string{"a,b"} }},
		"empty subprotocol":     {"Subprotocols", func(r *ClientRequest) { r.Subprotocols = []string{""} }},
		"repeated subprotocol":  {"Subprotocols", func(r *ClientRequest) { r.Subprotocols = []string{"a", "b", "a"} }},
		"too many subprotocols": {"Subprotocols", func(r *ClientRequest) { r.Subprotocols = strings.Split(numbered(33), ", ") }},
		"bad extension":         {"Extensions", func(r *ClientRequest) { r.Extensions = "a;" }},
		"LF in extension":       {"Extensions", func(r *ClientRequest) { r.Extensions = "a\r\nX: y" }},
		"LF in header":          {"X", func(r *ClientRequest) { r.Header = http.Header{"X": {"a\nb"}} }},
		"bad header name":       {"X ", func(r *ClientRequest) { r.Header = http.Header{"X ": {"a"}} }},
		"Host as header":        {"Host", func(r *ClientRequest) { r.Header = http.Header{"Host": {"a"}} }},
		"Origin as header":      {"Origin", func(r *ClientRequest) { r.Header = http.Header{"Origin": {"a"}} }},
		"key as header":         {"Sec-Websocket-Key", func(r *ClientRequest) { r.Header = http.Header{"Sec-Websocket-Key": {testKey}} }},
		"body":                  {"Content-Length", func(r *ClientRequest) { r.Header = http.Header{"Content-Length": {"5"}} }},
	} {
		r := clientRequest()
		tc.set(r)
		b, err := AppendRequest([]byte("before"), r)
		var usage *UsageError
		if !errors.As(err, &usage) || usage.Field != tc.field || string(b) != "before" {
			t.Errorf("%s: %v %q", name, err, b)
		}
	}
}

func TestAppendRequestOffersAsManyAsParseTakes(t *testing.T) {
	r := clientRequest()
	r.Subprotocols = strings.Split(numbered(maxOffers), ", ")
	b, err := AppendRequest(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	if got := parsed(t, string(b)).Subprotocols(); len(got) != maxOffers {
		t.Errorf("%d", len(got))
	}
}
