package malformed

import (
	"encoding/base64"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Request is what a client sends to open a connection: the head of a request,
// and the first frames behind it, of which the last is a Close frame.
type Request struct {
	Kind   string // what is wrong with it
	Bytes  []byte
	Status int // that it must be answered with
	Head   int // bytes of its head, if that is 101
}

// Behind is what follows each request: a text, "executed", and a Close frame
// with the code 1000. It must be answered if the request is accepted, and must
// not be looked at if it is not.
const Behind = "\x81\x88\x01\x02\x03\x04dzfgtvf`" + "\x88\x82\x00\x00\x00\x00\x03\xe8"

// The limits of a server for which requests are made, and the subprotocols
// that it speaks.
const (
	MaxHead    = 1500
	MaxHeaders = 24
)

// Subprotocols are those that the server speaks for which requests are made.
var Subprotocols = []string{"chat", "superchat"}

// Requests gives n requests, no two of which are the same.
func Requests(n int) iter.Seq[Request] {
	make := func(s source) (Request, []byte) {
		r := s.request()
		r.Status, r.Head = JudgeRequest(r.Bytes)
		return r, r.Bytes
	}
	return distinct(n, make, func(r Request) bool { return r.Status != 0 })
}

// RequestKinds gives all kinds of requests.
func RequestKinds() []string {
	kinds := []string{Valid, mutant}
	for _, k := range requestKinds {
		kinds = append(kinds, k.name)
	}
	return kinds
}

// head is a request's head before it is written.
type head struct {
	source
	method, target, version string
	fields                  []field
	newlines                []string // of each line, the empty one at the end included; CRLF if absent
}

// field is a header line: its name and value, or what stands for it.
type field struct{ name, value string }

func (s source) request() Request {
	h := s.head()
	kind := Valid
	var b []byte
	switch {
	case s.oneIn(4):
		b = h.bytes()
	case s.oneIn(8):
		kind = mutant
		b = s.mutate(h.bytes())
	default:
		k := pick(s, requestKinds...)
		kind = k.name
		k.spoil(h)
		b = h.bytes()
	}
	return Request{Kind: kind, Bytes: append(b, Behind...)}
}

// head makes a valid one.
func (s source) head() *head {
	h := &head{source: s, method: "GET", version: "HTTP/1.1", target: s.target()}
	host := s.host()
	h.fields = []field{
		{"Host", host},
		{"Upgrade", pick(s, "websocket", "websocket", "WebSocket", "h2c, websocket", "websocket,h2c/1", ", websocket ,")},
		{"Connection", pick(s, "Upgrade", "upgrade", "keep-alive, Upgrade", "UPGRADE,keep-alive", ",upgrade,")},
		{"Sec-WebSocket-Version", "13"},
		{"Sec-WebSocket-Key", s.key()},
	}
	if s.oneIn(3) && strings.HasPrefix(h.target, "/") {
		h.fields = append(h.fields, field{"Origin", "https://" + strings.ToUpper(host[:1]) + host[1:]})
	}
	if s.oneIn(3) {
		h.fields = append(h.fields, field{"Sec-WebSocket-Protocol", pick(s, "chat", "other, chat", "superchat,chat", ", a,, superchat")})
	}
	if s.oneIn(3) {
		h.fields = append(h.fields, field{"Sec-WebSocket-Extensions", pick(s,
			"permessage-deflate; client_max_window_bits", `x; a="b", y;c=d`, "x ; y = z ,, w", `x;a="\b\c"`)})
	}
	for range s.upTo(4) {
		h.fields = append(h.fields, s.other())
	}
	s.Shuffle(len(h.fields), func(i, j int) { h.fields[i], h.fields[j] = h.fields[j], h.fields[i] })
	return h
}

func (s source) target() string {
	path := "/" + pick(s, "", "chat", "a/b", "a%20b/", ";x=1", "~user", "%C3%BC") + pick(s, "", s.word())
	if s.oneIn(10) {
		return pick(s, "http://", "https://", "HTTP://") + s.host() + pick(s, "", path)
	}
	return path + pick(s, "", "?", "?a=b&c=%zz", "?x/y?z")
}

func (s source) host() string {
	return pick(s, "server.example", "localhost", "127.0.0.1", "[::1]", "[2001:db8::1]", s.word()) + pick(s, "", ":1", ":8080", ":65535")
}

func (s source) key() string { return base64.StdEncoding.EncodeToString(s.bytes(16)) }

// word gives a few letters.
func (s source) word() string {
	b := make([]byte, 1+s.IntN(8))
	for i := range b {
		b[i] = 'a' + byte(s.IntN(26))
	}
	return string(b)
}

// other gives a header that means nothing here.
func (s source) other() field {
	return field{
		pick(s, "User-Agent", "Cookie", "Pragma", "X-Forwarded-For", "X_"+s.word(), "!#$%&'*+-.^_`|~"),
		pick(s, "", s.word(), s.word()+" "+s.word(), "a=b; c=d", "\tx\t", "caf\xe9 \xe2\x82\xac", `"q\"`, strings.Repeat("x", s.upTo(100))),
	}
}

// bytes writes the head.
func (h *head) bytes() []byte {
	lines := []string{h.method + " " + h.target + " " + h.version}
	for _, f := range h.fields {
		lines = append(lines, h.cased(f.name)+":"+pick(h.source, " ", " ", " ", "", "\t ")+f.value+pick(h.source, "", "", "", " ", "\t"))
	}
	var b []byte
	for i, line := range append(lines, "") {
		newline := "\r\n"
		if i < len(h.newlines) {
			newline = h.newlines[i]
		}
		b = append(append(b, line...), newline...)
	}
	return b
}

// cased gives a name in any case.
func (h *head) cased(name string) string {
	return pick(h.source, name, name, name, strings.ToLower(name), strings.ToUpper(name))
}

// set gives the header of that name another value.
func (h *head) set(name, value string) {
	h.fields[h.index(name)].value = value
}

func (h *head) index(name string) int {
	return slices.IndexFunc(h.fields, func(f field) bool { return f.name == name })
}

func (h *head) remove(name string) {
	h.fields = slices.DeleteFunc(h.fields, func(f field) bool { return f.name == name })
}

// add adds a header somewhere.
func (h *head) add(name, value string) {
	h.fields = slices.Insert(h.fields, h.upTo(len(h.fields)), field{name, value})
}

// replace removes a header and adds another of that name.
func (h *head) replace(name, value string) {
	h.remove(name)
	h.add(name, value)
}

// newline makes line i, the request line being 0, end in another way.
func (h *head) newline(i int, with string) {
	h.newlines = slices.Repeat([]string{"\r\n"}, len(h.fields)+2)
	h.newlines[i] = with
}

// anyLine gives a line; the empty one at the end is one of them.
func (h *head) anyLine() int { return h.upTo(len(h.fields) + 1) }

func (h *head) anyField() *field { return &h.fields[h.IntN(len(h.fields))] }

// within puts c anywhere into s.
func (s source) within(text, c string) string {
	at := s.upTo(len(text))
	return text[:at] + c + text[at:]
}

func (s source) numbers(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("p", i)
	}
	return strings.Join(names, ",")
}
