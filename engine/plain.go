package engine

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"

	"github.com/sockeye-ws/sockeye/handshake"
)

var (
	headEnd = []byte("\r\n\r\n")

	largeHead     = handshake.Reject(http.StatusRequestHeaderFieldsTooLarge, "head too large\n")
	malformedHead = handshake.Reject(http.StatusBadRequest, "malformed request\n")
	plainFull     = &handshake.Rejection{
		Status: http.StatusServiceUnavailable, Text: "this server has as many requests as it takes\n", Header: http.Header{"Retry-After": {"5"}},
	}
)

// openPlain goes on with a request of which b has come, and which the
// handshake refuses with an error, but may be an ordinary one.
func (s *sessions) openPlain(c *Conn, b []byte, refusal error) {
	end := bytes.Index(b, headEnd)
	if end < 0 && len(b) < s.owner.settings.maxHead() {
		s.wait(c, b)
		return
	}
	if err := s.checkPlain(c, b, end+len(headEnd), refusal); err != nil {
		s.refuse(c, err)
		return
	}
	s.passOn(c, b)
}

func (s *settings) maxHead() int { return orDefault(s.head.Head, handshake.DefaultMaxHead) }

// checkPlain tells why a request, whose head has n bytes, is not for net/http.
// If it is, it has a place there.
func (s *sessions) checkPlain(c *Conn, b []byte, n int, refusal error) error {
	if n < len(headEnd) || n > s.owner.settings.maxHead() {
		return largeHead
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b[:n])))
	switch {
	case err != nil:
		return malformedHead
	case wantsWebSocket(r):
		return refusal
	case s.draining:
		return shuttingDown
	case c.profile.surplus:
		_, err := c.profile.upgrade(c, nil)
		return err
	case !s.owner.plain.reserve():
		return plainFull
	}
	return nil
}

func wantsWebSocket(r *http.Request) bool {
	for _, list := range r.Header["Upgrade"] {
		for protocol := range strings.SplitSeq(list, ",") {
			if strings.EqualFold(strings.TrimSpace(protocol), "websocket") {
				return true
			}
		}
	}
	return false
}

// passOn gives c's socket to net/http, with what was read from it. Its place
// within the limits goes along.
func (s *sessions) passOn(c *Conn, b []byte) {
	p, addr := s.owner.plain, s.guests.take(c.conn.Slot())
	moved := &plainConn{before: bytes.Clone(b), from: s.remotes.at(c.conn.Slot()), owner: p, addr: addr}
	c.conn.Lock()
	c.setStateLocked(passedOn)
	c.conn.Unlock()
	if c.profile.tls == nil {
		s.handOver(c, moved)
		return
	}
	c.conn.Hold() // the records behind b are kept
	if !s.loop.Post(func() { s.handOver(c, moved) }) {
		moved.leave()
	}
}

// afterPassing calls done once nothing more is passed on, if s drains already:
// what has just been is handed over before.
func (s *sessions) afterPassing(done func()) {
	if !s.loop.Post(done) {
		done()
	}
}

// handOver ends c, but for its socket. With TLS that is done once all of c's
// records are kept, and all that TLS had to say is sent.
func (s *sessions) handOver(c *Conn, moved *plainConn) {
	if t := c.profile.tls; t != nil {
		if c.conn.Buffered() > 0 { // it has not read what a handshake ends with
			c.conn.Abort()
		}
		moved.tls = t
		t.moveToSocket()
	}
	s.release(c)
	s.endTLS(c)
	c.conn.Lock()
	c.profile = s.owner.settings.profiles[0] // what it had of TLS is net/http's now
	c.conn.Unlock()
	if moved.fd = c.conn.Release(); moved.fd < 0 {
		moved.leave()
		return
	}
	s.owner.plain.pass(moved)
}
