package handshake

import (
	"strings"
	"testing"
)

var accepted = []string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}

func TestResponseParse(t *testing.T) {
	for _, tc := range []struct {
		head   string
		status int
		server string
	}{
		{raw("HTTP/1.1 101 Switching Protocols", accepted...), 101, ""},
		{raw("HTTP/1.1 101 ", "Server: a"), 101, "a"},
		{raw("HTTP/1.0 502 Bad Gateway\t\xe4", "Server: a"), 502, "a"},
		{raw("HTTP/1.1 204 x"), 204, ""},
		{raw("HTTP/1.1 103 Early Hints", "Server: a", "Link: b") + raw("HTTP/1.1 404 Not Found", "Server: c"), 404, "c"},
		{raw("HTTP/1.1 100 ") + raw("HTTP/1.1 102 ") + raw("HTTP/1.1 101 ", "Server: a"), 101, "a"},
	} {
		r, o, _ := everyWay(t, newResponse, []byte(tc.head), Limits{})
		if o != (outcome{n: len(tc.head)}) || r.Status() != tc.status || r.Header("Server") != tc.server || r.Header("Link") != "" {
			t.Errorf("%q: %v, status %d, server %q", tc.head, o, r.Status(), r.Header("Server"))
		}
	}
}

// Each input ends with the byte that decides.
func TestResponseMalformed(t *testing.T) {
	start := "HTTP/1.1 101 x\r\n"
	for name, tc := range map[string]struct {
		head string
		want *fault
	}{
		"empty line first":   {"\r", badStatusLine},
		"frame":              {"\x81", badStatusLine},
		"lower case":         {"h", badStatusLine},
		"HTTP/2":             {"HTTP/2", badStatusLine},
		"HTTP/1.2":           {"HTTP/1.2", badStatusLine},
		"two spaces":         {"HTTP/1.1  ", badStatusLine},
		"letter in status":   {"HTTP/1.1 1x", badStatusLine},
		"status of 2 digits": {"HTTP/1.1 10 ", badStatusLine},
		"status of 4 digits": {"HTTP/1.1 1010", badStatusLine},
		"no space after":     {"HTTP/1.1 101\r", badStatusLine},
		"status 0":           {"HTTP/1.1 099 ", badStatusLine},
		"status 600":         {"HTTP/1.1 600 ", badStatusLine},
		"LF":                 {"HTTP/1.1 101 x\n", bareLF},
		"NUL in reason":      {"HTTP/1.1 101 \x00", badByte},
		"CR in reason":       {"HTTP/1.1 101 x\rx", bareCR},
		"LF in value":        {start + "A: b\n", bareLF},
		"folded line":        {start + "A: b\r\n ", foldedLine},
		"space before colon": {start + "A ", spacedName},
		"bad interim":        {raw("HTTP/1.1 100 x") + "x", badStatusLine},
	} {
		_, o, decided := everyWay(t, newResponse, []byte(tc.head), Limits{})
		if !strings.HasSuffix(o.problem, ": "+tc.want.text) || !strings.HasPrefix(o.problem, "*handshake.ResponseError") || decided != len(tc.head) {
			t.Errorf("%s: %v after %d bytes of %q", name, o, decided, tc.head)
		}
	}
}

func TestResponseLimits(t *testing.T) {
	head := raw("HTTP/1.1 101 x", "A: b", "A: b")
	interim := raw("HTTP/1.1 100 x", "A: b")
	for _, tc := range []struct {
		head string
		lim  Limits
		want *fault
	}{
		{head, Limits{Head: len(head), Headers: 2}, nil},
		{head, Limits{Head: len(head) - 1}, longHead},
		{head, Limits{Headers: 1}, tooManyHeaders},
		{head, Limits{Head: 10}, longStartLine},
		{interim + head, Limits{Headers: 3}, nil},
		{interim + head, Limits{Headers: 2}, tooManyHeaders},
		{strings.Repeat(interim, 20), Limits{Headers: 10}, tooManyHeaders},
		{strings.Repeat(interim, 20), Limits{Head: 10*len(interim) + 3}, longStartLine},
	} {
		_, o, _ := everyWay(t, newResponse, []byte(tc.head), tc.lim)
		if tc.want == nil && o != (outcome{n: len(tc.head)}) || tc.want != nil && !strings.HasSuffix(o.problem, tc.want.text) {
			t.Errorf("%q %v: %v", tc.head, tc.lim, o)
		}
	}
}

func TestResponseBeforeTheEnd(t *testing.T) {
	head := raw("HTTP/1.1 101 x", "Sec-WebSocket-Protocol: a")
	var r Response
	if n, err := r.Parse([]byte(head[:len(head)-1]), Limits{}); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	if r.Status() != 0 || r.Subprotocol() != "" || r.Headers("Sec-WebSocket-Protocol") != nil || r.Extensions() != nil {
		t.Error("values before the end")
	}
	if r.Parse([]byte(head), Limits{}); r.Status() != 101 || r.Subprotocol() != "a" {
		t.Error("no values after the end")
	}
	if r.Reset(); r.Status() != 0 {
		t.Error("values after Reset")
	}
}

func TestResponseExtensions(t *testing.T) {
	var r Response
	r.Parse([]byte(raw("HTTP/1.1 101 x", "Sec-WebSocket-Extensions: a; b=c")), Limits{})
	if e := r.Extensions(); len(e) != 1 || e[0].Name != "a" || e[0].Params[0] != (Param{"b", "c"}) {
		t.Errorf("%v", e)
	}
	r.Reset()
	r.Parse([]byte(raw("HTTP/1.1 101 x", "Sec-WebSocket-Extensions: a", "Sec-WebSocket-Extensions: b;")), Limits{})
	if e := r.Extensions(); e != nil {
		t.Errorf("malformed: %v", e)
	}
}
