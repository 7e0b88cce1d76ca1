package handshake

import "net/http"

// Accept is what a server adds to the response that accepts a handshake. The
// zero value adds nothing.
type Accept struct {
	Subprotocol string      // one the client offered; empty: none
	Extensions  string      // value of Sec-WebSocket-Extensions; names only what the client offered; empty: none
	Header      http.Header // further headers, such as Set-Cookie; none of the handshake's own
}

// AppendResponse appends the response that accepts r, RFC 6455 section 4.2.2.
// r must be complete. If a cannot be sent as it is, the error is a
// [*UsageError] and b is returned with the length it had.
func AppendResponse(b []byte, r *Request, a Accept) ([]byte, error) {
	if err := r.checkAccept(a); err != nil {
		return b, err
	}
	start := len(b)
	b = append(b, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	b = appendAccept(b, r.bytes(r.key))
	b = append(b, "\r\n"...)
	if a.Subprotocol != "" {
		b = appendField(b, "Sec-WebSocket-Protocol", a.Subprotocol)
	}
	if a.Extensions != "" {
		b = appendField(b, "Sec-WebSocket-Extensions", a.Extensions)
	}
	b, err := appendHeader(b, a.Header, isResponseHeader)
	if err != nil {
		return b[:start], err
	}
	return append(b, "\r\n"...), nil
}

func isResponseHeader(name string) bool { return isOwn(name, ownHeaders) }

func (r *Request) checkAccept(a Accept) error {
	switch {
	case r.b == nil:
		return &UsageError{"Request", "not complete"}
	case a.Subprotocol != "" && !r.offered(a.Subprotocol):
		return &UsageError{"Subprotocol", "the client did not offer it"}
	case a.Extensions != "" && !subset(a.Extensions, r.Extensions()):
		return &UsageError{"Extensions", "malformed, or the client did not offer them"}
	}
	return nil
}

// subset reports whether a Sec-WebSocket-Extensions value is well-formed and
// names offered extensions only.
func subset(value string, offered []Extension) bool {
	names := true
	ok := scanExtensions(value, func(e Extension) {
		names = names && hasExtension(offered, e.Name)
	})
	return ok && names
}

func hasExtension(list []Extension, name string) bool {
	for _, e := range list {
		if is(e.Name, name) {
			return true
		}
	}
	return false
}
