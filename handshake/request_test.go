package handshake

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Once refused, always refused: valid bytes after the fault do not help.
func TestRequestErrorStays(t *testing.T) {
	var r Request
	bad := []byte("GET / HTTP/1.1\r\nHost: /\r\n")
	first := parse(&r, bad, Limits{})
	if second := parse(&r, append(bad, request()[len("GET /chat HTTP/1.1\r\n"):]...), Limits{}); second != first || first.problem == "" {
		t.Fatalf("%v, then %v", first, second)
	}
	if r.Reset(); parse(&r, []byte(request()), Limits{}) != (outcome{n: len(request())}) {
		t.Fatal("refused after Reset")
	}
}

func TestRejectionsAreTheCallersOwn(t *testing.T) {
	for range 2 {
		_, err := new(Request).Parse([]byte(without(theUpgrade)), Limits{})
		r := asRejection(t, err)
		if want := (http.Header{"Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}}); !reflect.DeepEqual(r.Header, want) {
			t.Fatalf("%v, want %v", r.Header, want)
		}
		r.Header.Set("Upgrade", "changed")
		r.Header["Sec-Websocket-Version"][0] = "changed"
	}
	_, err := new(Request).Parse([]byte("POST"), Limits{})
	if r := asRejection(t, err); r.Header.Get("Allow") != "GET" {
		t.Fatalf("405 without Allow: %v", r.Header)
	}
}

func TestRequestLimits(t *testing.T) {
	head := request("X-Filler: " + strings.Repeat("x", 300))
	n := len(head)
	lines := len(minimum) + 1
	long := requestTo("/" + strings.Repeat("x", 500))
	for _, tc := range []struct {
		name string
		head string
		lim  Limits
		want *fault // nil: accepted
	}{
		{"as long as allowed", head, Limits{Head: n}, nil},
		{"one byte too long", head, Limits{Head: n - 1}, longHead},
		{"as many as allowed", head, Limits{Headers: lines}, nil},
		{"one too many", head, Limits{Headers: lines - 1}, tooManyHeaders},
		{"line longer than the limit", long, Limits{Head: 500}, longStartLine},
		{"no byte of the headers", head, Limits{Head: len("GET /chat HTTP/1.1\r\n") - 1}, longStartLine},
		{"default number", request(slices.Repeat([]string{"A: b"}, DefaultMaxHeaders-len(minimum))...), Limits{}, nil},
		{"more than the default number", request(slices.Repeat([]string{"A: b"}, DefaultMaxHeaders-len(minimum)+1)...), Limits{}, tooManyHeaders},
		{"negative is the default", head, Limits{-1, -1}, nil},
		{"beyond 32 bits", head, Limits{Head: 1 << 40}, nil},
	} {
		_, o, _ := everyWay(t, newRequest, []byte(tc.head), tc.lim)
		want := outcome{n: len(tc.head)}
		if tc.want != nil {
			want = outcome{problem: "*handshake.Rejection: " + tc.want.rejection().Error()}
		}
		if o != want {
			t.Errorf("%s: %v, want %v", tc.name, o, want)
		}
	}
}

// An endless head is refused at the limit, not after it.
func TestRequestRefusedAtLimit(t *testing.T) {
	for head, status := range map[string]int{"GET /": 414, "GET / HTTP/1.1\r\nA:": 431} {
		b := []byte(head + strings.Repeat("x", 100-len(head)))
		if o := parse(newRequest(), b[:99], Limits{Head: 100}); o != (outcome{}) {
			t.Errorf("%q: %v before the limit", head, o)
		}
		_, err := new(Request).Parse(b, Limits{Head: 100})
		if r := asRejection(t, err); r.Status != status {
			t.Errorf("%q: %v, want %d", head, r, status)
		}
	}
}

// What has been checked is not looked at again: else a peer that sends byte
// by byte makes the server do quadratic work.
func TestRequestParseIsLinear(t *testing.T) {
	full := []byte(request("X-Filler: " + strings.Repeat("x", 1000)))
	tail := len("xx\r\n\r\n")
	var r Request
	b := slices.Clone(full[:len(full)-tail])
	if o := parse(&r, b, Limits{}); o != (outcome{}) {
		t.Fatal(o)
	}
	clear(b[:len(b)-8])
	if o := parse(&r, append(b, full[len(full)-tail:]...), Limits{}); o != (outcome{n: len(full)}) {
		t.Fatalf("bytes were read twice: %v", o)
	}
}

func TestRequestValues(t *testing.T) {
	r := parsed(t, requestTo("/a%20b/%2F;c?x=1&y=%zz&x=2", "Origin: https://example.com", "X-Empty:", "X-Two: one ", "x-two: \t two",
		"Cookie: a=1; b=\"2\"", "Cookie: c=3", "X-Text: \xe4 caf\xc3\xa9"))
	for _, tc := range []struct{ what, got, want string }{
		{"Method", r.Method(), "GET"},
		{"Target", r.Target(), "/a%20b/%2F;c?x=1&y=%zz&x=2"},
		{"Path", r.Path(), "/a b//;c"},
		{"RawQuery", r.RawQuery(), "x=1&y=%zz&x=2"},
		{"Query", r.Query().Encode(), "x=1&x=2"},
		{"Host", r.Host(), "example.com"},
		{"Origin", r.Origin(), "https://example.com"},
		{"Key", r.Key(), testKey},
		{"Header", r.Header("X-TWO"), "one"},
		{"empty header", r.Header("X-Empty"), ""},
		{"no header", r.Header("X-None"), ""},
		{"obs-text", r.Header("X-Text"), "\xe4 caf\xc3\xa9"},
		{"Headers", strings.Join(r.Headers("X-Two"), "|"), "one|two"},
		{"Headers of an empty one", fmt.Sprintf("%q", r.Headers("X-Empty")), `[""]`},
		{"Headers of none", fmt.Sprintf("%#v", r.Headers("X-None")), "[]string(nil)"},
		{"Cookies", fmt.Sprint(r.Cookies()), `[a=1 b="2" c=3]`},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %q, want %q", tc.what, tc.got, tc.want)
		}
	}
	if c, err := r.Cookie("c"); err != nil || c.Value != "3" {
		t.Errorf("Cookie: %v %v", c, err)
	}
	if _, err := r.Cookie("d"); err != http.ErrNoCookie {
		t.Errorf("no cookie: %v", err)
	}
}

func TestRequestAll(t *testing.T) {
	r := parsed(t, request("X-A:  b "))
	var got []string
	for name, value := range r.All() {
		got = append(got, name+": "+value)
	}
	if want := append(slices.Clone(minimum), "X-A: b"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for name := range r.All() {
		if name != "Host" {
			t.Error("went on after break")
		}
		break
	}
	if len(maps.Collect(new(Request).All())) != 0 {
		t.Error("an empty request has headers")
	}
}

func TestRequestValuesBeforeTheEnd(t *testing.T) {
	head := request("Origin: https://example.com", "Sec-WebSocket-Protocol: a")
	var r Request
	if _, err := r.Parse([]byte(head[:len(head)-1]), Limits{}); err != nil {
		t.Fatal(err)
	}
	for what, got := range map[string]string{
		"Method": r.Method(), "Target": r.Target(), "Path": r.Path(), "RawQuery": r.RawQuery(), "Host": r.Host(), "Origin": r.Origin(),
		"Key": r.Key(), "Header": r.Header("Host"),
	} {
		if got != "" {
			t.Errorf("%s: %q", what, got)
		}
	}
	if len(r.Subprotocols())+len(r.Extensions())+len(r.Cookies())+len(r.Query()) > 0 {
		t.Error("lists are not empty")
	}
	if SameOrigin(&r) || AllowOrigins("https://example.com")(&r) {
		t.Error("an incomplete request is allowed")
	}
	if _, ok := SelectSubprotocol(&r, []string{"a"}); ok {
		t.Error("a subprotocol is chosen")
	}
}

// Strings must outlive the bytes that they were read from.
func TestRequestStringsAreCopies(t *testing.T) {
	b := []byte(requestTo("/path?query", "Origin: https://example.com", "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Extensions: x; y=z"))
	var r Request
	if _, err := r.Parse(b, Limits{}); err != nil {
		t.Fatal(err)
	}
	kept := []string{r.Target(), r.Path(), r.RawQuery(), r.Host(), r.Origin(), r.Key(), r.Header("Upgrade"), r.Subprotocols()[0], r.Extensions()[0].Params[0].Value}
	copies := make([]string, len(kept))
	for i, s := range kept {
		copies[i] = strings.Clone(s)
	}
	clear(b)
	if !slices.Equal(kept, copies) {
		t.Fatalf("%q, were %q", kept, copies)
	}
}

// After the end, Parse gives the same again and follows the bytes.
func TestRequestFollowsItsBytes(t *testing.T) {
	var r Request
	first := []byte(request())
	n, _ := r.Parse(first, Limits{})
	again, err := r.Parse(append(slices.Clone(first), "frames"...), Limits{})
	clear(first)
	if again != n || err != nil || r.Host() != "example.com" {
		t.Fatal(again, err, r.Host())
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	head := []byte(requestTo("http://[2001:db8:0000:0000:0000:0000:0000:0001]:8080/%20?x", "Origin: https://example.com",
		"Sec-WebSocket-Protocol: "+numbered(maxOffers), `Sec-WebSocket-Extensions: permessage-deflate; a="1\2"; b, c`,
		"Content-Length: 0", "X-Long-Name-Beyond-Thirty-Two-Bytes: x", "Upgrade: h2c/1, websocket"))
	var r Request
	if n := testing.AllocsPerRun(100, func() {
		r.Reset()
		for _, k := range []int{10, 100, len(head)} {
			if _, err := r.Parse(head[:k], Limits{}); err != nil {
				t.Fatal(err)
			}
		}
	}); n != 0 || r.b == nil {
		t.Fatalf("%v allocations", n)
	}
}

func numbered(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("subprotocol-of-more-than-thirty-two-bytes-%d", i)
	}
	return strings.Join(names, ", ")
}

func TestPathValues(t *testing.T) {
	var r Request
	if v := r.PathValue("room"); v != "" {
		t.Errorf("%q before any was set", v)
	}
	r.SetPathValue("room", "blue")
	r.SetPathValue("room", "red")
	if v := r.PathValue("room"); v != "red" {
		t.Errorf("%q, want the one set last", v)
	}
	if r.Reset(); r.PathValue("room") != "" {
		t.Error("it outlives Reset")
	}
}
