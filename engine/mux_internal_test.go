package engine

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sockeye-ws/sockeye/handshake"
)

var fuzzPatterns = []string{
	"/{$}", "/chat/{room}", "/chat/lobby", "/chat/{room}/{rest...}", "POST /post", "/dir/", "/dir/x/{$}", "h.example/chat/{room}", "HEAD /head", "/post/{id}/x",
}

// A Mux finds what an http.ServeMux finds in the same bytes, with the same
// values.
func FuzzMux(f *testing.F) {
	m := NewMux()
	oracle := http.NewServeMux()
	for _, pattern := range fuzzPatterns {
		m.Handle(pattern, Route{})
		oracle.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, pattern+"\n"+r.PathValue("room")+"\n"+r.PathValue("rest")+"\n"+r.PathValue("id"))
		})
	}
	for _, target := range []string{
		"/", "/chat/a%2fb?x=y", "/chat/lobby", "//chat//x", "/chat/../post", "/dir", "/dir/x", "/post", "http://h.example:80/chat/x", "/head",
		"/chat/%00/%ff%C3%A9/", "/chat/x/../../..", "https://h.example", "/%2e%2e/chat/x", "/post/1/x", "/chat/{room}", "/chat/a;b:c@d",
	} {
		f.Add(target, "server.example")
	}
	f.Fuzz(func(t *testing.T, target, host string) {
		b := []byte("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
		var r handshake.Request
		if n, err := r.Parse(b, handshake.Limits{}); n == 0 || err != nil {
			return
		}
		i, err := m.find(&r)
		hr, readErr := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
		if readErr != nil {
			if rejection, ok := errors.AsType[*handshake.Rejection](err); !ok || rejection.Status != http.StatusBadRequest {
				t.Fatalf("%q: route %d, %v, but net/http says %v", target, i, err, readErr)
			}
			return
		}
		w := httptest.NewRecorder()
		oracle.ServeHTTP(w, hr)
		if w.Code != http.StatusOK {
			rejection, ok := errors.AsType[*handshake.Rejection](err)
			if !ok || rejection.Status != w.Code || rejection.Header.Get("Location") != w.Header().Get("Location") || rejection.Header.Get("Allow") != w.Header().Get("Allow") {
				t.Fatalf("%q: route %d, %v, want status %d, %v", target, i, err, w.Code, w.Header())
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: %v, want %q", target, err, w.Body)
		}
		got := fuzzPatterns[i] + "\n" + r.PathValue("room") + "\n" + r.PathValue("rest") + "\n" + r.PathValue("id")
		if got != w.Body.String() {
			t.Fatalf("%q: %q, want %q", target, got, w.Body)
		}
	})
}
