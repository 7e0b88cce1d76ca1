package proxyproto

import (
	"net/netip"
	"strings"
)

// MaxSize is the limit of a header in bytes. The largest without TLVs has 232;
// those that proxies add come to some hundred more.
const MaxSize = 4 << 10

// Header is what a proxy says of a connection.
type Header struct {
	// Source is the client's address; the zero AddrPort if the proxy does not
	// know it, or if it is none of TCP.
	Source netip.AddrPort

	// Local tells that the connection is the proxy's own, as for a health check.
	Local bool
}

// Error says what is wrong with a header.
type Error string

func (e Error) Error() string { return "proxyproto: " + string(e) }

// The errors of [Parse].
const (
	ErrMissing   Error = "no PROXY protocol header: have the proxy send one, or expect none"
	ErrTooLong   Error = "header too long"
	ErrMalformed Error = "malformed header"
	ErrVersion   Error = "neither version 1 nor 2"
	ErrChecksum  Error = "checksum does not match"
)

const (
	signature1 = "PROXY "
	signature2 = "\r\n\r\n\x00\r\nQUIT\n"
)

// Parse reads the header that b begins with. b holds all bytes received so far.
// While bytes are missing it returns 0 and nil; then the header's size n, and
// b[n:] is the client's. An error is always an [Error]; more bytes do not change
// it. Parse keeps nothing of b.
func Parse(b []byte) (h Header, n int, err error) {
	switch {
	case begins(b, signature1):
		return parse1(b)
	case begins(b, signature2):
		return parse2(b)
	}
	return Header{}, 0, ErrMissing
}

// begins tells that b begins with a signature, as far as it has come.
func begins(b []byte, signature string) bool {
	return strings.HasPrefix(signature, string(b[:min(len(b), len(signature))]))
}
