package handshake

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// checked parses and checks a response to a request that offers something.
func checked(t *testing.T, head string) error {
	t.Helper()
	r, o, _ := everyWay(t, newResponse, []byte(head), Limits{})
	if o.n != len(head) {
		t.Fatalf("%q: %v", head, o)
	}
	req := clientRequest()
	req.Subprotocols = []string{"a", "b"}
	req.Extensions = "x; y, z"
	return r.Check(req)
}

// response gives an accepting response with line n of accepted replaced.
func response(n int, lines ...string) string {
	return raw("HTTP/1.1 101 Switching Protocols", slices.Replace(slices.Clone(accepted), n, n+1, lines...)...)
}

func TestCheckAccepts(t *testing.T) {
	for _, head := range []string{
		response(0, "upgrade: WebSocket"),
		response(1, "Connection: keep-alive, UPGRADE"),
		response(1, "Connection: keep-alive", "Connection: upgrade"),
		response(0, accepted[0], "Sec-WebSocket-Protocol: b"),
		response(0, accepted[0], "Sec-WebSocket-Extensions: z; any=1"),
		response(0, accepted[0], "Sec-WebSocket-Extensions: x", "Sec-WebSocket-Extensions: Z"),
		raw("HTTP/1.1 103 Early Hints") + response(0, accepted[0]),
	} {
		if err := checked(t, head); err != nil {
			t.Errorf("%q: %v", head, err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		head string
		want error
	}{
		"HTTP/1.0":                {strings.Replace(response(0, accepted[0]), "1.1", "1.0", 1), ErrMalformedResponse},
		"no Upgrade":              {response(0), ErrNotUpgraded},
		"other Upgrade":           {response(0, "Upgrade: h2c"), ErrNotUpgraded},
		"two in Upgrade":          {response(0, "Upgrade: websocket, h2c"), ErrNotUpgraded},
		"two Upgrades":            {response(0, accepted[0], accepted[0]), ErrNotUpgraded},
		"no Connection":           {response(1), ErrNotUpgraded},
		"other Connection":        {response(1, "Connection: close"), ErrNotUpgraded},
		"malformed Connection":    {response(1, "Connection: upgrade, a b"), ErrNotUpgraded},
		"no accept":               {response(2), ErrBadAccept},
		"other accept":            {response(2, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo"), ErrBadAccept},
		"accept in lower case":    {response(2, strings.ToLower(accepted[2])), ErrBadAccept},
		"two accepts":             {response(2, accepted[2], accepted[2]), ErrBadAccept},
		"subprotocol not offered": {response(2, accepted[2], "Sec-WebSocket-Protocol: c"), ErrBadSubprotocol},
		"subprotocol's case":      {response(2, accepted[2], "Sec-WebSocket-Protocol: A"), ErrBadSubprotocol},
		"list of subprotocols":    {response(2, accepted[2], "Sec-WebSocket-Protocol: a, b"), ErrBadSubprotocol},
		"two subprotocols":        {response(2, accepted[2], "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: a"), ErrBadSubprotocol},
		"empty subprotocol":       {response(2, accepted[2], "Sec-WebSocket-Protocol:"), ErrBadSubprotocol},
		"extension not offered":   {response(2, accepted[2], "Sec-WebSocket-Extensions: x, w"), ErrBadExtension},
		"malformed extension":     {response(2, accepted[2], "Sec-WebSocket-Extensions: x;"), ErrBadExtension},
		"empty extension":         {response(2, accepted[2], "Sec-WebSocket-Extensions:"), ErrBadExtension},
		"200":                     {raw("HTTP/1.1 200 OK"), ErrNotUpgraded},
		"304":                     {raw("HTTP/1.1 304 x"), ErrNotUpgraded},
		"401":                     {raw("HTTP/1.1 401 x"), ErrNotUpgraded},
		"403":                     {raw("HTTP/1.1 403 x"), ErrNotUpgraded},
		"404":                     {raw("HTTP/1.1 404 x"), ErrNotUpgraded},
		"426":                     {raw("HTTP/1.1 426 x", "Sec-WebSocket-Version: 8"), ErrNotUpgraded},
		"503":                     {raw("HTTP/1.0 503 x"), ErrNotUpgraded},
		"301":                     {raw("HTTP/1.1 301 x", "Location: wss://example.org/"), ErrRedirect},
		"302":                     {raw("HTTP/1.1 302 x"), ErrRedirect},
		"303":                     {raw("HTTP/1.1 303 x"), ErrRedirect},
		"307":                     {raw("HTTP/1.1 307 x"), ErrRedirect},
		"308":                     {raw("HTTP/1.1 308 x"), ErrRedirect},
	} {
		t.Run(name, func(t *testing.T) {
			err := checked(t, tc.head)
			var e *ResponseError
			if !errors.Is(err, tc.want) || !errors.As(err, &e) || e.Status == 0 || e.Text == "" || e.Header == nil {
				t.Fatalf("%#v", err)
			}
		})
	}
}

func TestCheckRedirect(t *testing.T) {
	err := checked(t, raw("HTTP/1.1 307 Temporary Redirect", "Location: wss://example.org/\x80", "Set-Cookie: a", "set-cookie: b"))
	var e *ResponseError
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	want := &ResponseError{
		Status: 307, Text: `dial "wss://example.org/\x80" instead, if you trust it`, Location: "wss://example.org/\x80",
		Header: http.Header{"Location": {"wss://example.org/\x80"}, "Set-Cookie": {"a", "b"}}, Err: ErrRedirect,
	}
	if !reflect.DeepEqual(e, want) {
		t.Errorf("%+v, want %+v", e, want)
	}
	if got, want := err.Error(), `handshake: redirected (status 307): dial "wss://example.org/\x80" instead, if you trust it`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestCheckAdvice(t *testing.T) {
	for head, want := range map[string]string{
		raw("HTTP/1.1 426 x", "Sec-WebSocket-Version: 8, 7"): `"8, 7"`,
		raw("HTTP/1.1 401 x"):                                "credentials",
		raw("HTTP/1.1 429 x"):                                "Retry-After",
		raw("HTTP/1.1 403 x"):                                "Origin",
		raw("HTTP/1.1 404 x"):                                "URL",
		raw("HTTP/1.1 500 x"):                                "body",
	} {
		if err := checked(t, head); !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", head, err)
		}
	}
}

func TestCheckIncomplete(t *testing.T) {
	if err := new(Response).Check(clientRequest()); !errors.Is(err, ErrMalformedResponse) {
		t.Error(err)
	}
}

func TestMalformedResponseIs(t *testing.T) {
	_, err := new(Response).Parse([]byte("SSH-2.0"), Limits{})
	if !errors.Is(err, ErrMalformedResponse) {
		t.Error(err)
	}
}

// What the server side accepts, the client side must take.
func TestBothSides(t *testing.T) {
	req := clientRequest()
	req.Key = NewKey()
	req.Subprotocols, req.Extensions = []string{"a", "b"}, "x; y"
	sent, err := AppendRequest(nil, req)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := AppendResponse(nil, parsed(t, string(sent)), Accept{Subprotocol: "b", Extensions: "x; z=1"})
	if err != nil {
		t.Fatal(err)
	}
	var resp Response
	if n, err := resp.Parse(answer, Limits{}); n != len(answer) || err != nil {
		t.Fatal(n, err)
	}
	if err := resp.Check(req); err != nil || resp.Subprotocol() != "b" {
		t.Error(err)
	}
}
