package handshake

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func TestAppendRejection(t *testing.T) {
	got := string(AppendRejection([]byte("before|"), Reject(403, "origin not allowed")))
	want := "before|HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n" +
		"Content-Length: 18\r\nConnection: close\r\n\r\norigin not allowed"
	if got != want {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// readRejection reads r as a client would.
func readRejection(t testing.TB, r *Rejection) (*http.Response, string) {
	t.Helper()
	br := bufio.NewReader(bytes.NewReader(AppendRejection(nil, r)))
	resp, err := http.ReadResponse(br, nil)
	if err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || br.Buffered() > 0 || !resp.Close {
		t.Fatalf("%+v: body %q, %v, %d bytes after it, close %v", r, body, err, br.Buffered(), resp.Close)
	}
	return resp, string(body)
}

func TestRejectionStatusAndText(t *testing.T) {
	for _, tc := range []struct {
		r      *Rejection
		status int
		text   string
	}{
		{Reject(429, "later"), 429, "later"},
		{Reject(302, ""), 302, "Found"},
		{Reject(599, ""), 599, ""},
		{Reject(0, ""), 500, "Internal Server Error"},
		{Reject(101, "x"), 500, "x"},
		{Reject(200, "x"), 500, "x"},
		{Reject(299, "x"), 500, "x"},
		{Reject(304, "x"), 500, "x"},
		{Reject(600, "x"), 500, "x"},
		{Reject(-1, "x"), 500, "x"},
		{Reject(400, "a\r\nb: \u20ac\r\n\r\n"), 400, "a\r\nb: \u20ac\r\n\r\n"},
	} {
		resp, body := readRejection(t, tc.r)
		if resp.StatusCode != tc.status || body != tc.text {
			t.Errorf("%+v: %d %q", tc.r, resp.StatusCode, body)
		}
		if want := fmt.Sprintf("handshake: rejected with %d: %s", tc.status, tc.text); tc.r.Error() != want {
			t.Errorf("%+v: %q", tc.r, tc.r.Error())
		}
	}
}

func TestRejectionHeader(t *testing.T) {
	r := Reject(401, "x")
	r.Header = http.Header{
		"Www-Authenticate": {"Basic", "Bearer"}, "Retry-After": {"3"},
		"Set-Cookie": {"a=b\r\nX: y", "c=d"}, "X: y\r\nZ": {"1"}, "": {"1"},
		"Content-Length": {"0"}, "content-type": {"text/html"}, "Transfer-Encoding": {"chunked"}, "Connection": {"keep-alive"},
		"X-Content-Type-Options": {"off"}, "Content-Encoding": {"gzip"}, "Sec-Websocket-Accept": {"x"},
	}
	resp, _ := readRejection(t, r)
	want := http.Header{
		"Www-Authenticate": {"Basic", "Bearer"}, "Retry-After": {"3"}, "Set-Cookie": {"c=d"},
		"Content-Length": {"1"}, "Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"},
	}
	if !reflect.DeepEqual(resp.Header, want) {
		t.Errorf("%v\nwant %v", resp.Header, want)
	}
}

// 426 must have Upgrade, and Upgrade its connection option.
func TestRejectionOfAnotherVersion(t *testing.T) {
	_, err := new(Request).Parse([]byte(without(theVersion, "Sec-WebSocket-Version: 8")), Limits{})
	out := string(AppendRejection(nil, asRejection(t, err)))
	for _, line := range []string{"HTTP/1.1 426 Upgrade Required", "Connection: close, upgrade", "Upgrade: websocket", "Sec-Websocket-Version: 13"} {
		if !strings.Contains(out, line+"\r\n") {
			t.Errorf("no %q in %q", line, out)
		}
	}
}
