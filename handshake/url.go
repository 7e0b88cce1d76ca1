package handshake

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// URL is a WebSocket URL, taken apart for a client that dials it.
type URL struct {
	Secure     bool   // wss: over TLS
	Addr       string // host:port to connect to, with the default port 80 or 443
	ServerName string // the host alone, to verify a certificate by
	Host       string // for [ClientRequest], without a default port
	Target     string // for [ClientRequest]
}

// ParseURL parses a URL with scheme ws or wss, RFC 6455 section 3; http and
// https are taken for them. The error is a [*UsageError].
//
// A fragment is refused, even an empty one. So is user information, which
// would reach every log that the URL reaches: send credentials in the header
// Authorization. International host names must be given in ASCII (punycode),
// path and query percent-encoded. The zone of an IPv6 address is for the dialer
// alone.
func ParseURL(s string) (URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return badURL(errors.Unwrap(err).Error())
	case strings.Contains(s, "#"):
		return badURL("has a fragment")
	case u.User != nil:
		return badURL("has user information; use the Authorization header")
	case u.Scheme == "ws", u.Scheme == "http":
		return splitURL(u, false, "80")
	case u.Scheme == "wss", u.Scheme == "https":
		return splitURL(u, true, "443")
	}
	return badURL("scheme must be ws or wss")
}

func badURL(problem string) (URL, error) { return URL{}, &UsageError{"URL", problem} }

func splitURL(u *url.URL, secure bool, defaultPort string) (URL, error) {
	zoned, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		port = defaultPort
	}
	name, _, _ := strings.Cut(zoned, "%")
	host := net.JoinHostPort(name, port)
	if !validHost([]byte(host)) {
		return badURL("malformed host or port")
	}
	// A RawPath that EscapedPath rejects would be sent changed.
	target := u.RequestURI()
	if u.RawPath != "" && u.RawPath != u.EscapedPath() || !all(target, targetChar) {
		return badURL("path and query must be percent-encoded")
	}
	return URL{
		Secure:     secure,
		Addr:       net.JoinHostPort(zoned, port),
		ServerName: name,
		Host:       strings.TrimSuffix(host, ":"+defaultPort),
		Target:     target,
	}, nil
}
