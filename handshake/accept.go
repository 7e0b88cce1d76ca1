package handshake

import "net/http"

// Accept is what a server adds to the response that accepts a handshake. The
// zero value adds nothing.
type Accept struct {
	Subprotocol string      // one the client offered; empty: none
	Deflate     *Deflate    // answer to an offer of permessage-deflate, as of [Request.Deflate]; nil: none
	Extensions  string      // further ones, as the value of Sec-WebSocket-Extensions; names only what the client offered; empty: none
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
	b = a.appendExtensions(b)
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
	case a.Deflate != nil && !a.Deflate.fits(r.Extensions()):
		return &UsageError{"Deflate", "not an answer to what the client offered"}
	case a.Extensions != "" && !a.extensionsFit(r.Extensions()):
		return &UsageError{"Extensions", "malformed, or the client did not offer them"}
	}
	return nil
}

// extensionsFit reports whether Extensions is well-formed and names offered
// extensions only, permessage-deflate not if Deflate has answered that.
func (a Accept) extensionsFit(offered []Extension) bool {
	list, ok := parseExtensions(a.Extensions)
	return ok && fit(list, offered) && (a.Deflate == nil || !hasExtension(list, deflateName))
}

func (a Accept) appendExtensions(b []byte) []byte {
	const name = "Sec-WebSocket-Extensions"
	n := 0
	if a.Deflate != nil {
		b = a.Deflate.appendAnswer(appendSeparator(b, name, n))
		n++
	}
	if a.Extensions != "" {
		b = append(appendSeparator(b, name, n), a.Extensions...)
		n++
	}
	return appendEnd(b, n)
}
