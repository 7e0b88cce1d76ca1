package handshake

import (
	"net/http"
	"net/url"
	"strings"
)

// Request is a client's opening handshake (RFC 6455 section 4.2.1). The zero
// value is ready for [Request.Parse].
//
// Its other methods are for a request that Parse has found complete; before,
// they give zero values. They read the bytes last given to Parse, which must
// not change as long as they are called. Strings they return are copies.
type Request struct {
	head
	target span
	path   span // within target, without the query
	host   span // in the target or the Host header
	origin span
	key    span
	offers int32 // subprotocols so far
	seen   headerSet
	values map[string]string // of the path; nil if no pattern has named any
}

// headerSet is a set of the headers that a request needs, or may have once.
type headerSet uint8

const (
	sawHost headerSet = 1 << iota
	sawUpgrade
	sawConnection
	sawKey
	sawVersion
	sawOrigin
)

// Reset makes r ready for another request.
func (r *Request) Reset() { *r = Request{} }

// Parse reads a request from b, which holds all bytes received so far: those
// of the call before, perhaps at another place, and usually more. It keeps no
// slice but the complete b, and allocates nothing for a valid request.
//
// While bytes are missing it returns 0 and nil. Once the head is complete and
// valid it returns its length n; b[n:] belongs to frames and is not looked at.
// An error is always a [*Rejection], to be sent with [AppendRejection] before
// the connection is closed. It comes with the first byte that shows it, however
// the bytes were cut; every later call gives it again, until [Request.Reset].
// A caller passes the same lim on each call.
//
// Beyond the grammar it demands GET (else 405; 400 if it is a header of the
// PROXY protocol instead of a request) of HTTP/1.1 (else 505), exactly one valid
// Host header, an Upgrade to websocket (else 426), the upgrade option
// of Connection, exactly one valid key and version 13, at most one Origin, and
// no body, Trailer or Expect. A missing Sec-WebSocket-Version violates the
// handshake (400, RFC 6455 section 4.2.1); any value but 13 is another version
// to be answered with ours (426, section 4.4). At most 32 subprotocols may be
// offered. Beyond the limits it is 414 for the request line, else 431.
func (r *Request) Parse(b []byte, lim Limits) (n int, err error) {
	n, f := r.settle(b, lim, r.advance(b[:min(len(b), lim.head())], lim.headers()))
	if f != nil {
		return 0, f.rejection()
	}
	return n, nil
}

func (r *Request) advance(b []byte, most int) *fault {
	if r.failed != nil || r.b != nil {
		return r.failed
	}
	if r.fields == 0 {
		if f := r.requestLine(b); f != nil {
			return f
		}
	}
	for {
		name, value, f := r.field(b, most)
		if f != nil {
			return f
		}
		if name == (span{}) {
			return r.missing()
		}
		if f := r.check(b, name.in(b), value); f != nil {
			return f
		}
	}
}

const (
	requestMethod  = "GET "
	requestVersion = "HTTP/1.1\r\n"
)

// requestLine checks the request line, RFC 9112 section 3. RFC 9112 section 2.2
// would skip an empty line before it; here none can be left from a body.
func (r *Request) requestLine(b []byte) *fault {
	if r.pos == 0 {
		if n := common(b, requestMethod); n < len(requestMethod) {
			return methodFault(b, n)
		}
		r.pos = int32(len(requestMethod))
	}
	if r.target.to == 0 {
		if f := r.requestTarget(b); f != nil {
			return f
		}
	}
	rest := b[r.pos:]
	if n := common(rest, requestVersion); n < len(requestVersion) {
		return versionFault(rest, n)
	}
	r.pos += int32(len(requestVersion))
	r.line, r.fields = r.pos, r.pos
	return nil
}

func (r *Request) requestTarget(b []byte) *fault {
	i := skip(b, int(r.pos), targetChar)
	r.pos = int32(i)
	switch {
	case i == len(b):
		return unfinished
	case b[i] == '\r' || b[i] == '\n':
		return noVersion
	case b[i] != ' ':
		return badTarget
	}
	r.target = span{int32(len(requestMethod)), r.pos}
	r.pos++
	return r.splitTarget(b)
}

// common gives the number of bytes that b and word begin with alike.
func common(b []byte, word string) (n int) {
	for n < len(b) && n < len(word) && b[n] == word[n] {
		n++
	}
	return n
}

// proxySignature is what version 1 of the PROXY protocol begins with. Whoever has
// misconfigured a proxy must not look for a method.
const proxySignature = "PROXY "

// methodFault tells another method from what is none, by the first byte b[n]
// that is not GET's.
func methodFault(b []byte, n int) *fault {
	switch m := common(b, proxySignature); {
	case m == len(proxySignature):
		return proxyHeader
	case n == len(b), m == len(b):
		return unfinished
	case all(b[n:n+1], tokenChar), n > 0 && b[n] == ' ':
		return otherMethod
	}
	return badMethod
}

// versionFault tells another version from what is none, by the first byte b[n]
// that is not that of HTTP/1.1.
func versionFault(b []byte, n int) *fault {
	const digits = len("HTTP/")
	switch {
	case n == len(b):
		return unfinished
	case n >= digits && n != digits+1 && n < len("HTTP/1.1") && all(b[n:n+1], digitChar):
		return otherVersion
	case b[n] == '\n':
		return bareLF
	case n == len("HTTP/1.1\r"):
		return bareCR
	}
	return badVersion
}

// Ordinary reports whether what Parse has refused may be an ordinary request,
// which is valid without a handshake in it. Parse need not have seen all of
// it, so that it may also turn out to be a bad handshake, or malformed.
func (r *Request) Ordinary() bool { return r.failed != nil && r.failed.ordinary() }

// Method gives the request's method: GET, once the request is complete.
func (r *Request) Method() string {
	if r.b == nil {
		return ""
	}
	return http.MethodGet
}

// Target gives the request target as received: path and query, rarely with
// scheme and host before them.
func (r *Request) Target() string { return r.text(r.target) }

// Path gives the decoded path of the target, as URL.Path of net/url does. It
// always starts with a slash; it is not cleaned, and may hold any decoded byte.
func (r *Request) Path() string {
	if r.b != nil && r.path.from == r.path.to {
		return "/"
	}
	raw := r.text(r.path)
	if !strings.Contains(raw, "%") {
		return raw
	}
	path, _ := url.PathUnescape(raw) // Parse has checked its escapes
	return path
}

// RawQuery gives the target's query as received, without the question mark.
func (r *Request) RawQuery() string {
	_, query, _ := strings.Cut(r.text(span{r.path.to, r.target.to}), "?")
	return query
}

// Query parses the query as URL.Query of net/url does: malformed pairs are
// left out.
func (r *Request) Query() url.Values {
	v, _ := url.ParseQuery(r.RawQuery())
	return v
}

// Host gives the host[:port] that the client asked for, as received: of the
// target if that is in absolute-form, else of the Host header. It is never
// empty.
func (r *Request) Host() string { return r.text(r.host) }

// Origin gives the Origin header; "" if there is none, as from clients other
// than browsers.
func (r *Request) Origin() string { return r.text(r.origin) }

// Key gives the Sec-WebSocket-Key header.
func (r *Request) Key() string { return r.text(r.key) }

// Cookies gives the cookies of the request, read as net/http does: malformed
// ones are left out.
func (r *Request) Cookies() []*http.Cookie { return r.cookies().Cookies() }

// Cookie gives the first cookie of that name, or [http.ErrNoCookie].
func (r *Request) Cookie(name string) (*http.Cookie, error) { return r.cookies().Cookie(name) }

func (r *Request) cookies() *http.Request {
	return &http.Request{Header: http.Header{"Cookie": r.Headers("Cookie")}}
}

// PathValue gives the value of a wildcard in the pattern that has matched the
// path, decoded; "" if nothing has set one. It is that of [net/http.Request].
func (r *Request) PathValue(name string) string { return r.values[name] }

// SetPathValue sets a path's value, for routers.
func (r *Request) SetPathValue(name, value string) {
	if r.values == nil {
		r.values = map[string]string{}
	}
	r.values[name] = value
}
