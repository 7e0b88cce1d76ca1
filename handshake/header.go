package handshake

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// UsageError reports a value of the caller's own that must not be sent. It
// says nothing about the peer.
type UsageError struct {
	Field   string // what the value was for: a header's name or a struct's field
	Problem string // what is wrong with it
}

// Error names field and problem.
func (e *UsageError) Error() string {
	return fmt.Sprintf("handshake: cannot send %q: %s", e.Field, e.Problem)
}

// ownHeaders are written by this package alone, or would change how a head
// ends and what follows it.
var ownHeaders = []string{
	"Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
}

const webSocketPrefix = "Sec-WebSocket-"

// isOwn reports whether name is in one of lists, or one of the handshake's.
func isOwn(name string, lists ...[]string) bool {
	same := func(own string) bool { return is(own, name) }
	for _, l := range lists {
		if slices.ContainsFunc(l, same) {
			return true
		}
	}
	return len(name) >= len(webSocketPrefix) && is(name[:len(webSocketPrefix)], webSocketPrefix)
}

// appendHeader appends the fields of h, sorted by name, but for those that
// are invalid or own; of these it reports the first.
func appendHeader(b []byte, h http.Header, own func(name string) bool) (_ []byte, err error) {
	if len(h) == 0 {
		return b, nil
	}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			if e := checkField(name, value, own); e != nil {
				if err == nil {
					err = e
				}
				continue
			}
			b = appendField(b, name, value)
		}
	}
	return b, err
}

func checkField(name, value string, own func(name string) bool) error {
	switch {
	case !isToken(name):
		return &UsageError{name, "not a header name"}
	case own(name):
		return &UsageError{name, "the handshake writes this header itself, or forbids it"}
	case !all(value, valueChar):
		return &UsageError{name, "control character in the value"}
	}
	return nil
}

func appendField[T text](b []byte, name string, value T) []byte {
	b = append(b, name...)
	b = append(b, ": "...)
	b = append(b, value...)
	return append(b, "\r\n"...)
}

// appendSeparator begins the element of that index of a comma-separated list
// in the field of that name.
func appendSeparator(b []byte, name string, index int) []byte {
	if index == 0 {
		return append(append(b, name...), ": "...)
	}
	return append(b, ", "...)
}

// appendEnd ends the field that holds a list of n elements, if there is one.
func appendEnd(b []byte, n int) []byte {
	if n == 0 {
		return b
	}
	return append(b, "\r\n"...)
}
