package handshake

import (
	"net/http"
	"slices"
	"strings"
)

// ClientRequest is a client's opening handshake, RFC 6455 section 4.1. Host,
// Target and Key are needed; [ParseURL] and [NewKey] give them.
type ClientRequest struct {
	Host         string      // host[:port], without the scheme's default port
	Target       string      // path and query, starting with a slash
	Key          string      // Sec-WebSocket-Key, a new one for each connection
	Origin       string      // empty: none, as for a client that is no browser
	Subprotocols []string    // offered, preferred ones first; at most 32
	Deflate      []Deflate   // offers of permessage-deflate, preferred ones first; none: it is not offered
	Extensions   string      // further offers, as the value of Sec-WebSocket-Extensions
	Header       http.Header // further headers, such as Cookie or Authorization
}

// AppendRequest appends the request. If r cannot be sent as it is, the error
// is a [*UsageError] and b is returned with the length it had.
func AppendRequest(b []byte, r *ClientRequest) ([]byte, error) {
	if err := r.check(); err != nil {
		return b, err
	}
	start := len(b)
	b = append(b, requestMethod...)
	b = append(b, r.Target...)
	b = append(b, ' ')
	b = append(b, requestVersion...)
	b = appendField(b, "Host", r.Host)
	b = append(b, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"...)
	b = appendField(b, "Sec-WebSocket-Key", r.Key)
	if r.Origin != "" {
		b = appendField(b, "Origin", r.Origin)
	}
	b = appendSubprotocols(b, r.Subprotocols)
	b = r.appendExtensions(b)
	b, err := appendHeader(b, r.Header, isRequestHeader)
	if err != nil {
		return b[:start], err
	}
	return append(b, "\r\n"...), nil
}

func appendSubprotocols(b []byte, names []string) []byte {
	for i, name := range names {
		b = append(appendSeparator(b, "Sec-WebSocket-Protocol", i), name...)
	}
	return appendEnd(b, len(names))
}

func (r *ClientRequest) appendExtensions(b []byte) []byte {
	const name = "Sec-WebSocket-Extensions"
	n := 0
	for _, d := range r.Deflate {
		b = d.appendOffer(appendSeparator(b, name, n))
		n++
	}
	if r.Extensions != "" {
		b = append(appendSeparator(b, name, n), r.Extensions...)
		n++
	}
	return appendEnd(b, n)
}

func isRequestHeader(name string) bool { return isOwn(name, ownHeaders, requestHeaders) }

var requestHeaders = []string{"Host", "Origin", "Expect"}

func (r *ClientRequest) check() error {
	switch {
	case !validHost([]byte(r.Host)):
		return &UsageError{"Host", "must be host or host:port"}
	case !all(r.Target, targetChar) || !validPath([]byte(r.path()), false):
		return &UsageError{"Target", "must be an absolute path, percent-encoded, perhaps with a query"}
	case !validKey(r.Key):
		return &UsageError{"Key", "must be the base64 of 16 bytes"}
	case !all(r.Origin, targetChar):
		return &UsageError{"Origin", "must be an origin, such as https://example.com"}
	case !validOffers(r.Subprotocols):
		return &UsageError{"Subprotocols", "must be tokens, each once, 32 at most"}
	case slices.ContainsFunc(r.Deflate, Deflate.invalid):
		return &UsageError{"Deflate", "windows must have 8 to 15 bits"}
	case r.Extensions != "" && !scanExtensions(r.Extensions, nil):
		return &UsageError{"Extensions", "malformed"}
	}
	return nil
}

// path gives the target without its query.
func (r *ClientRequest) path() string {
	path, _, _ := strings.Cut(r.Target, "?")
	return path
}

func validOffers(names []string) bool {
	for i, name := range names {
		if !isToken(name) || slices.Contains(names[:i], name) {
			return false
		}
	}
	return len(names) <= maxOffers
}
