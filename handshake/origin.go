package handshake

import "bytes"

// origin is a serialized origin, RFC 6454 section 6.2, or a pattern of one.
// Its port is never empty if the scheme has a default.
type origin struct{ scheme, host, port []byte }

// parseOrigin reads scheme://host[:port], with nothing after it.
func parseOrigin(s []byte) (o origin, ok bool) {
	scheme, rest, ok := bytes.Cut(s, schemeEnd)
	if !ok || !validScheme(scheme) {
		return o, false
	}
	host, port, ok := splitHost(rest)
	return origin{scheme, host, portOf(scheme, port)}, ok
}

var (
	schemeEnd = []byte("://")
	httpPort  = []byte("80")
	httpsPort = []byte("443")
)

func validScheme(s []byte) bool {
	return isToken(s) && all(s, hostChar) && lower(s[0]) >= 'a' && lower(s[0]) <= 'z'
}

// portOf gives port, or the default of scheme if that is empty.
func portOf(scheme, port []byte) []byte {
	switch {
	case len(port) > 0:
		return port
	case is(scheme, "https"):
		return httpsPort
	case is(scheme, "http"):
		return httpPort
	}
	return nil
}

func (o origin) isWeb() bool { return is(o.scheme, "http") || is(o.scheme, "https") }

// SameOrigin reports whether a request comes from a page of the host that it
// asks for, or from no page at all. It is the defence against cross-site
// WebSocket hijacking: browsers send cookies with a handshake to any site.
//
// A request without Origin is allowed: browsers always send one, and other
// clients could send any. The origin "null", one that is malformed and one
// whose scheme is not http or https are refused.
//
// Host names compare without regard to case. A server behind a proxy that ends
// TLS cannot know the scheme it was reached by, so it is not compared, and a
// Host without port stands for the default port of the origin's scheme:
// https://example.com matches the Hosts example.com and example.com:443, but
// not example.com:80; https://example.com:8443 matches example.com:8443 alone.
// The proxy must pass on the Host that the browser sent.
func SameOrigin(r *Request) bool {
	if !r.hasOrigin() {
		return true
	}
	o, ok := parseOrigin(r.bytes(r.origin))
	if !ok || !o.isWeb() {
		return false
	}
	host, port, _ := splitHost(r.bytes(r.host))
	return is(o.host, host) && string(o.port) == string(portOf(o.scheme, port))
}

// hasOrigin reports whether there is an Origin header. An incomplete request
// counts as one whose origin is malformed, so that it is refused.
func (r *Request) hasOrigin() bool { return r.b == nil || r.seen&sawOrigin != 0 }

// AllowOrigins gives a check, for any number of goroutines, that allows
// requests without Origin, and those whose origin matches one of the patterns:
//
//	https://example.com       this scheme and host, at the scheme's default port
//	https://example.com:8443  at this port
//	example.com               this host, over http or https, at the default port
//	example.com:8443          at this port
//	*.example.com             its subdomains of any depth, but not example.com
//	https://*.example.com     likewise, by this scheme alone
//
// Case does not matter. A scheme may be any, such as that of a browser's
// extensions. A pattern of another form, such as one with a path or a single
// "*", matches nothing, and nothing matches the origin "null". The request's
// own host is allowed only if a pattern matches it; to allow it always, ask
// [SameOrigin] first.
func AllowOrigins(patterns ...string) func(*Request) bool {
	allowed := make([]originPattern, 0, len(patterns))
	for _, s := range patterns {
		if p, ok := parseOriginPattern(s); ok {
			allowed = append(allowed, p)
		}
	}
	return func(r *Request) bool {
		return !r.hasOrigin() || matchesAny(allowed, r.bytes(r.origin))
	}
}

// originPattern is an origin whose scheme may be empty, for http and https.
type originPattern struct {
	origin
	subdomains bool // host starts with a dot, and any labels may stand before it
}

func parseOriginPattern(s string) (p originPattern, ok bool) {
	scheme, rest, found := bytes.Cut([]byte(s), schemeEnd)
	if !found {
		scheme, rest = nil, scheme
	} else if !validScheme(scheme) {
		return p, false
	}
	p.subdomains = bytes.HasPrefix(rest, anyLabel)
	if p.subdomains {
		rest = rest[1:]
	}
	host, port, ok := splitHost(rest)
	p.origin = origin{scheme, host, portOf(scheme, port)}
	return p, ok
}

var anyLabel = []byte("*.")

func matchesAny(patterns []originPattern, s []byte) bool {
	o, ok := parseOrigin(s)
	if !ok {
		return false
	}
	for _, p := range patterns {
		if p.matches(o) {
			return true
		}
	}
	return false
}

func (p originPattern) matches(o origin) bool {
	return p.matchesScheme(o) && p.matchesHost(o.host) && string(portOf(o.scheme, p.port)) == string(o.port)
}

func (p originPattern) matchesScheme(o origin) bool {
	if p.scheme == nil {
		return o.isWeb()
	}
	return is(p.scheme, o.scheme)
}

func (p originPattern) matchesHost(host []byte) bool {
	if before := len(host) - len(p.host); p.subdomains && before > 0 {
		host = host[before:]
	} else if p.subdomains {
		return false
	}
	return is(p.host, host)
}
