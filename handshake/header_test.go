package handshake

import (
	"errors"
	"net/http"
	"testing"
)

func TestAppendHeader(t *testing.T) {
	h := http.Header{"B": {"1", "2"}, "A": {""}, "Bad\r\nName": {"x"}, "C": {"ok", "a\r\nb: c"}, "Upgrade": {"x"}}
	b, err := appendHeader([]byte("start|"), h, func(name string) bool { return isOwn(name, ownHeaders) })
	if want := "start|A: \r\nB: 1\r\nB: 2\r\nC: ok\r\n"; string(b) != want {
		t.Errorf("%q, want %q", b, want)
	}
	var usage *UsageError
	if !errors.As(err, &usage) || usage.Field != "Bad\r\nName" {
		t.Errorf("%v", err)
	}
	if want := `handshake: cannot send "Bad\r\nName": not a header name`; err.Error() != want {
		t.Errorf("%s, want %s", err, want)
	}
}

func TestIsOwn(t *testing.T) {
	for name, want := range map[string]bool{
		"Upgrade": true, "CONNECTION": true, "content-length": true, "Transfer-Encoding": true, "te": true, "Trailer": true,
		"Sec-WebSocket-Accept": true, "sec-websocket-anything": true, "Sec-WebSocket-": true,
		"Sec-WebSocket": false, "Sec-Fetch-Mode": false, "Date": false, "": false,
	} {
		if isOwn(name, ownHeaders) != want {
			t.Errorf("%q: not %v", name, want)
		}
	}
}
