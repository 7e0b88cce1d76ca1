package handshake

import (
	"errors"
	"net/http"
	"testing"
)

func TestAppendResponse(t *testing.T) {
	r := parsed(t, request("Sec-WebSocket-Protocol: a, b", "Sec-WebSocket-Extensions: x; y, z"))
	const start = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	for _, tc := range []struct {
		a    Accept
		want string
	}{
		{Accept{}, ""},
		{Accept{Subprotocol: "b"}, "Sec-WebSocket-Protocol: b\r\n"},
		{Accept{Extensions: "z; a=1, X"}, "Sec-WebSocket-Extensions: z; a=1, X\r\n"},
		{Accept{Header: http.Header{"Set-Cookie": {"a=b", "c=d"}, "Date": {"x"}}}, "Date: x\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n"},
	} {
		got, err := AppendResponse([]byte("before|"), r, tc.a)
		if want := "before|" + start + tc.want + "\r\n"; err != nil || string(got) != want {
			t.Errorf("%+v: %v %q\nwant %q", tc.a, err, got, want)
		}
	}
}

func TestAppendResponseRefuses(t *testing.T) {
	r := parsed(t, request("Sec-WebSocket-Protocol: a", "Sec-WebSocket-Extensions: x"))
	with := func(name, value string) Accept { return Accept{Header: http.Header{"A": {"b"}, name: {value}}} }
	for field, a := range map[string]Accept{
		"Subprotocol":            {Subprotocol: "b"},
		"Extensions":             {Extensions: "x, y"},
		"X-Cr":                   with("X-Cr", "a\rb"),
		"X-Lf":                   with("X-Lf", "a\nb"),
		"X-Nul":                  with("X-Nul", "a\x00b"),
		"X:":                     with("X:", "b"),
		"X\r\nY":                 with("X\r\nY", "b"),
		"":                       with("", "b"),
		"Upgrade":                with("Upgrade", "b"),
		"connection":             with("connection", "b"),
		"Content-Length":         with("Content-Length", "0"),
		"Transfer-Encoding":      with("Transfer-Encoding", "chunked"),
		"Sec-Websocket-Protocol": with("Sec-Websocket-Protocol", "a"),
		"sec-websocket-x":        with("sec-websocket-x", "a"),
	} {
		got, err := AppendResponse([]byte("before"), r, a)
		var usage *UsageError
		if !errors.As(err, &usage) || usage.Field != field || string(got) != "before" {
			t.Errorf("%q: %v %q", field, err, got)
		}
	}
	for _, a := range []Accept{{Subprotocol: "a\r\nX: y"}, {Subprotocol: "A"}, {Extensions: "x\r\nX: y"}, {Extensions: "x;"}, {Extensions: " "}} {
		if got, err := AppendResponse(nil, r, a); err == nil {
			t.Errorf("%+v: %q", a, got)
		}
	}
	if _, err := AppendResponse(nil, new(Request), Accept{}); err == nil {
		t.Error("an incomplete request is accepted")
	}
}

func TestAppendResponseDoesNotAllocate(t *testing.T) {
	r := parsed(t, request("Sec-WebSocket-Protocol: a"))
	b := make([]byte, 0, 512)
	if n := testing.AllocsPerRun(100, func() { b, _ = AppendResponse(b[:0], r, Accept{Subprotocol: "a"}) }); n != 0 || len(b) == 0 {
		t.Errorf("%v allocations", n)
	}
}
