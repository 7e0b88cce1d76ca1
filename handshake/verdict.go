package handshake

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// What [Response.Parse] and [Response.Check] find wrong, for [errors.Is].
var (
	ErrMalformedResponse = errors.New("malformed response")
	ErrRedirect          = errors.New("redirected")
	ErrNotUpgraded       = errors.New("not upgraded")
	ErrBadAccept         = errors.New("bad Sec-WebSocket-Accept")
	ErrBadSubprotocol    = errors.New("bad Sec-WebSocket-Protocol")
	ErrBadExtension      = errors.New("bad Sec-WebSocket-Extensions")
)

// ResponseError says why a response does not open a WebSocket connection. The
// connection must be closed.
type ResponseError struct {
	Status   int         // of the response; 0 if it did not get that far
	Text     string      // what is wrong and what may be done about it
	Location string      // target of a redirect, as received: not to be trusted
	Header   http.Header // of the response; nil if that is malformed
	Err      error       // one of the errors above
}

// Error gives Err, Status and Text.
func (e *ResponseError) Error() string {
	return fmt.Sprintf("handshake: %v (status %d): %s", e.Err, e.Status, e.Text)
}

// Unwrap gives Err.
func (e *ResponseError) Unwrap() error { return e.Err }

// Check reports whether r, a complete response, accepts what req asked for, RFC
// 6455 section 4.1: status 101, Upgrade and Connection, the
// Sec-WebSocket-Accept that belongs to the key, and no subprotocol or extension
// but those offered, permessage-deflate with parameters that answer an offer
// (RFC 7692 section 7.1). The error is a [*ResponseError]. A redirect is
// reported, not followed.
func (r *Response) Check(req *ClientRequest) error {
	switch {
	case r.b == nil:
		return r.refuse(ErrMalformedResponse, "incomplete")
	case isRedirect(r.status):
		return r.refuse(ErrRedirect, fmt.Sprintf("dial %q instead, if you trust it", r.Header("Location")))
	case r.status != http.StatusSwitchingProtocols:
		return r.refuse(ErrNotUpgraded, advice(r))
	case r.minor != '1': // RFC 9110 section 15.2 allows no 101 before HTTP/1.1
		return r.refuse(ErrMalformedResponse, "101 by HTTP/1.0")
	case !r.only("Upgrade", isWebSocket):
		return r.refuse(ErrNotUpgraded, "Upgrade is not websocket alone")
	case !r.lists("Connection", "upgrade"):
		return r.refuse(ErrNotUpgraded, "Connection does not list upgrade")
	case !r.only("Sec-WebSocket-Accept", accepts(req.Key)):
		return r.refuse(ErrBadAccept, "not the answer to our key: an intermediary, or no WebSocket server")
	case r.has("Sec-WebSocket-Protocol") && !r.only("Sec-WebSocket-Protocol", in(req.Subprotocols)):
		return r.refuse(ErrBadSubprotocol, "not one that we offered")
	case !r.extensionsFit(req):
		return r.refuse(ErrBadExtension, "malformed, or not one that we offered")
	}
	return nil
}

func (r *Response) refuse(err error, text string) error {
	e := &ResponseError{Status: r.Status(), Text: text, Err: err, Header: http.Header{}}
	for name, value := range r.All() {
		e.Header.Add(name, value)
	}
	if err == ErrRedirect {
		e.Location = r.Header("Location")
	}
	return e
}

func isRedirect(status int32) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// advice says what a refused client can do.
func advice(r *Response) string {
	switch r.status {
	case 401, 407:
		return "send credentials that meet the challenge in Header"
	case 403:
		return "check Origin and credentials"
	case 404, 405:
		return "no WebSocket at this path; check the URL"
	case 426:
		return fmt.Sprintf("the server speaks version %q, we speak 13", r.Header("Sec-WebSocket-Version"))
	case 429, 503:
		return "try again later, after the Retry-After in Header if there is one"
	}
	return "the body of the response may say more"
}

func (r *Response) has(name string) bool {
	for range valuesOf(r.lines(), name) {
		return true
	}
	return false
}

// only reports whether the header name comes once, with a value that is ok.
func (r *Response) only(name string, ok func(value string) bool) bool {
	values := r.Headers(name)
	return len(values) == 1 && ok(values[0])
}

func isWebSocket(value string) bool { return is(value, "websocket") }

func accepts(key string) func(string) bool {
	return func(value string) bool { return value == string(appendAccept(nil, key)) }
}

func in(names []string) func(string) bool {
	return func(value string) bool { return slices.Contains(names, value) }
}

// lists reports whether lists of tokens under name hold word.
func (r *Response) lists(name, word string) bool {
	has := false
	for v := range valuesOf(r.lines(), name) {
		found, ok := listed(v, word, isToken[[]byte])
		if !ok {
			return false
		}
		has = has || found
	}
	return has
}

// extensionsFit reports whether all extensions are well-formed and an answer to
// what req has offered.
func (r *Response) extensionsFit(req *ClientRequest) bool {
	if !r.has("Sec-WebSocket-Extensions") {
		return true
	}
	accepted := r.Extensions()
	return accepted != nil && fit(accepted, req.offered())
}
