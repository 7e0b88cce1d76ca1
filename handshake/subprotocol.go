package handshake

import (
	"bytes"
	"iter"
)

// maxOffers bounds the work that one head can cause: each offer is compared
// with those before it.
const maxOffers = 32

// checkOffers checks a Sec-WebSocket-Protocol header, the last line so far:
// tokens, none of which has been offered before (RFC 6455 section 4.1).
func (r *Request) checkOffers(b, list []byte) *fault {
	before := r.offers
	for p := range elements(list) {
		switch {
		case !isToken(p):
			return badSubprotocol
		case r.offers == maxOffers:
			return tooManyOffers
		case r.repeated(b[r.fields:r.line], p):
			return repeatedOffer
		}
		r.offers++
	}
	return unless(r.offers > before, badSubprotocol)
}

// repeated reports whether p is among the subprotocols counted so far, which
// are the first in lines.
func (r *Request) repeated(lines, p []byte) bool {
	n := r.offers
	for o := range offers(lines) {
		if n == 0 {
			return false
		}
		if bytes.Equal(o, p) {
			return true
		}
		n--
	}
	return false
}

func offers(lines []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for v := range valuesOf(lines, "Sec-WebSocket-Protocol") {
			for p := range elements(v) {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// Subprotocols gives the subprotocols that the client offered, the ones it
// prefers first; nil if there are none.
func (r *Request) Subprotocols() (names []string) {
	for p := range offers(r.lines()) {
		names = append(names, string(p))
	}
	return names
}

func (r *Request) offered(name string) bool {
	for p := range offers(r.lines()) {
		if string(p) == name {
			return true
		}
	}
	return false
}

// SelectSubprotocol chooses the first of supported that the client offered:
// the server's order decides, as usual among Go's servers. Names are compared
// exactly. A client that offers none gets none: "" and true. If it offered
// some and none is supported, ok is false; a server may refuse the handshake,
// or go on without one, which browsers treat as a failure.
func SelectSubprotocol(r *Request, supported []string) (chosen string, ok bool) {
	for _, s := range supported {
		if r.offered(s) {
			return s, true
		}
	}
	return "", r.offers == 0
}
