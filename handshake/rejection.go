package handshake

import (
	"fmt"
	"net/http"
	"strconv"
)

// Rejection is the refusal of a handshake: the HTTP response to send in place
// of the 101. It is an error, for hooks to return.
type Rejection struct {
	Status int         // 300 to 599 but 304, which has no body; anything else is sent as 500
	Text   string      // body, as text/plain; empty: the standard text of Status
	Header http.Header // further headers, such as Location or Retry-After
}

// Reject makes a [Rejection] without further headers.
func Reject(status int, text string) *Rejection { return &Rejection{Status: status, Text: text} }

// Error gives status and text as they are sent.
func (r *Rejection) Error() string {
	return fmt.Sprintf("handshake: rejected with %d: %s", r.status(), r.text())
}

func (r *Rejection) status() int {
	if r.Status < 300 || r.Status > 599 || r.Status == http.StatusNotModified {
		return http.StatusInternalServerError
	}
	return r.Status
}

func (r *Rejection) text() string {
	if r.Text == "" {
		return http.StatusText(r.status())
	}
	return r.Text
}

// AppendRejection appends the whole response for r. The connection must be
// closed after it, and the response says so. Of r.Header, invalid fields and
// those that frame or type the body are left out.
func AppendRejection(b []byte, r *Rejection) []byte {
	status, text := r.status(), r.text()
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(status)...)
	b = append(b, "\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(text)), 10)
	b = append(b, "\r\nConnection: close"...)
	if r.offersUpgrade() { // RFC 9110 section 7.8 wants the option
		b = append(b, ", upgrade"...)
	}
	b = append(b, "\r\n"...)
	b, _ = appendHeader(b, r.Header, isBodyHeader)
	b = append(b, "\r\n"...)
	return append(b, text...)
}

func (r *Rejection) offersUpgrade() bool {
	for name := range r.Header {
		if is(name, "upgrade") {
			return true
		}
	}
	return false
}

func isBodyHeader(name string) bool {
	if is(name, "Upgrade") || is(name, "Sec-WebSocket-Version") {
		return false
	}
	return isOwn(name, ownHeaders, bodyHeaders)
}

var bodyHeaders = []string{"Content-Type", "Content-Encoding", "Content-Range", "X-Content-Type-Options"}
