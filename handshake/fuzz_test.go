package handshake

import (
	"bufio"
	"bytes"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"
)

func FuzzRequest(f *testing.F) {
	for _, head := range clients {
		f.Add([]byte(head))
	}
	for _, head := range []string{
		request("Sec-WebSocket-Protocol: a, b", `Sec-WebSocket-Extensions: x; y="1", z`, "Origin: null", "Content-Length: 0"),
		requestTo("http://a.example:80/%20?x#", "A:\tb", "Cookie: a=b"),
		without(theHost, "Host: [::1]:8080", "Host: a"),
		"POST / HTTP/1.1\r\n\r\n",
	} {
		f.Add([]byte(head))
	}
	for _, line := range []string{
		`Sec-WebSocket-Extensions: x ; y = "1\0";z,,w`, "Sec-WebSocket-Protocol: a,b", "Connection: keep-alive", "Cookie: a=b; c=\"d\"", "Origin: null",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fuzzRequest(t, b)
		fuzzRequest(t, []byte(request(string(b))))
		fuzzRequest(t, []byte(requestTo(string(b))))
	})
}

func fuzzRequest(t *testing.T, b []byte) {
	lim := Limits{Head: 1024, Headers: 16}
	r, o := sameBytewise(t, newRequest, b, lim)
	if o.problem != "" {
		_, err := new(Request).Parse(b, lim)
		readRejection(t, asRejection(t, err))
	}
	if o.n == 0 {
		return
	}
	compareWithGobwas(t, r)
	compareWithNetHTTP(t, r)
	checkHead(t, must(AppendResponse(nil, r, Accept{})), 4)
	_ = SameOrigin(r)
}

// sameBytewise is everyWay without the truncations, which byte by byte covers.
func sameBytewise[P parser](t *testing.T, fresh func() P, b []byte, lim Limits) (P, outcome) {
	p := fresh()
	whole := parse(p, b, lim)
	if steps := byteByByte(fresh(), b, lim); steps[len(b)] != whole {
		t.Fatalf("%q: whole %v, byte by byte %v", b, whole, steps[len(b)])
	}
	return p, whole
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// checkHead checks that b is a head of that many lines, and nothing else.
func checkHead(t *testing.T, b []byte, lines int) {
	t.Helper()
	head, ok := strings.CutSuffix(string(b), "\r\n\r\n")
	if got := strings.Split(head, "\r\n"); !ok || len(got) != lines {
		t.Fatalf("%d lines, not %d: %q", len(got), lines, b)
	}
	if strings.ContainsAny(strings.ReplaceAll(head, "\r\n", ""), "\r\n\x00") {
		t.Fatalf("stray CR, LF or NUL: %q", b)
	}
}

// Whatever a hook or a caller passes in, no line is added by it.
func FuzzAppend(f *testing.F) {
	f.Add(403, "text", "X-Name", "value", "a", "x; y=1")
	f.Add(0, "a\r\n\r\nb", "X\r\nY", "a\r\nb: c", "a\r\n", "x\r\nX: y")
	f.Add(304, "\x00", "Content-Length", "5", "", "")
	f.Fuzz(func(t *testing.T, status int, text, name, value, subprotocol, extensions string) {
		h := http.Header{name: {value}}
		r := &Rejection{status, text, h}
		head, body, _ := strings.Cut(string(AppendRejection(nil, r)), "\r\n\r\n")
		lines := 5
		if checkField(name, value, isBodyHeader) == nil {
			lines++
		}
		checkHead(t, []byte(head+"\r\n\r\n"), lines)
		if resp, got := readRejection(t, r); got != body || text != "" && got != text || resp.StatusCode != r.status() {
			t.Fatalf("%+v: read as %d %q", r, resp.StatusCode, got)
		}

		req := &ClientRequest{Host: "a", Target: "/", Key: testKey, Subprotocols: []string{subprotocol}, Extensions: extensions, Header: h}
		sent, err := AppendRequest(nil, req)
		if err != nil {
			return
		}
		var received Request
		if o := parse(&received, sent, Limits{Head: 1 << 20}); o.n != len(sent) {
			if !strings.EqualFold(name, "Host") {
				t.Fatalf("%q: sent, but %v", sent, o)
			}
			return
		}
		b, err := AppendResponse(nil, &received, Accept{Subprotocol: subprotocol, Extensions: extensions, Header: h})
		if err != nil {
			return
		}
		checkHead(t, b, 5+min(len(extensions), 1)+1)
		var resp Response
		if o := parse(&resp, b, Limits{Head: 1 << 20}); o.n != len(b) || resp.Check(req) != nil {
			t.Fatalf("%q: %v %v", b, o, resp.Check(req))
		}
	})
}

func FuzzResponse(f *testing.F) {
	f.Add([]byte(response(2, accepted[2], "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Extensions: x")))
	f.Add([]byte(raw("HTTP/1.1 103 Early Hints", "A: b") + raw("HTTP/1.0 302 Found", "Location: /")))
	f.Add([]byte("HTTP/1.1 200 OK\r\nA:b\nC:d\r\n\r\n"))
	req := clientRequest()
	req.Subprotocols, req.Extensions = []string{"a"}, "x"
	f.Fuzz(func(t *testing.T, b []byte) {
		r, o := sameBytewise(t, newResponse, b, Limits{Head: 1024, Headers: 16})
		if o.n == 0 {
			return
		}
		_ = r.Check(req)
		theirs, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(r.b[r.fields:]))).ReadMIMEHeader()
		if err != nil {
			t.Fatalf("%q: textproto refuses: %v", b, err)
		}
		for name, values := range theirs {
			if got := r.Headers(name); !slices.Equal(got, values) {
				t.Fatalf("%q: %s: %q, textproto %q", b, name, got, values)
			}
		}
	})
}

// What is found must be what checking finds, and survive being written again.
func FuzzExtensions(f *testing.F) {
	f.Add(`permessage-deflate; client_max_window_bits; server_max_window_bits="1\0", x`)
	f.Add("a,,b ; c = d;")
	f.Fuzz(func(t *testing.T, value string) {
		var found []Extension
		ok := scanExtensions(value, func(e Extension) { found = append(found, e) })
		if scanExtensions([]byte(value), nil) != ok {
			t.Fatalf("%q: not alike", value)
		}
		if !ok {
			return
		}
		var again []Extension
		if !scanExtensions(written(found), func(e Extension) { again = append(again, e) }) || written(again) != written(found) {
			t.Fatalf("%q: %v, then %v", value, found, again)
		}
	})
}

func written(list []Extension) string {
	var b strings.Builder
	for _, e := range list {
		b.WriteString(", " + e.Name)
		for _, p := range e.Params {
			b.WriteString(";" + p.Name)
			if p.Value != "" {
				b.WriteString("=" + p.Value)
			}
		}
	}
	return b.String()
}
