package engine

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/handshake"
)

// ServeHTTP takes the connection of a request over from a net/http server, so
// that a [Server] can stand behind an [http.ServeMux], a router or middleware:
// it is an [http.Handler]. The connection moves to one of the server's loops,
// with all that was read of it; its goroutine and buffers are free as soon as
// ServeHTTP returns. From then on it is as one that [Server.Serve] has accepted:
// all options, limits and hooks apply, but for those of the request's head, in
// which the net/http server's come first.
//
// A request that is no valid handshake is answered through w, also with
// HTTP/2, which cannot be taken over: 505. Of connections only plain TCP and
// Unix ones can; others, as those of TLS, are answered with 501. Whatever w
// has been wrapped in must have an Unwrap method: see [http.ResponseController].
//
// With Options.Proxies the connection comes from where r.RemoteAddr says, which
// middleware may have set, and if that is one of the proxies, from where their
// header does. Their PROXY protocol is the net/http server's listener's affair.
//
// Neither server's Shutdown ends the other: call the net/http server's first, then
// [Server.Shutdown].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := appendRequest(nil, r)
	if err := s.examine(r, head); err != nil {
		writeRejection(w, err)
		return
	}
	g, err := s.start()
	if err != nil {
		writeRejection(w, shuttingDown)
		return
	}
	nc, frames, err := hijack(w, r)
	if err != nil {
		s.settings.logger.Error("engine: a connection of net/http cannot be taken over", "error", err)
		writeRejection(w, notAdopted)
		return
	}
	fd, err := detach(nc)
	if err != nil {
		s.settings.logger.Error("engine: a connection of net/http cannot be taken over", "error", err)
		return
	}
	se, from := g.next(), s.proxies.remoteOf(r, nc)
	if !se.loop.Post(func() { se.adopt(fd, from, append(head, frames...)) }) {
		loop.OS.Close(fd)
	}
}

// examine tells why a request is no handshake, if it is none.
func (s *Server) examine(r *http.Request, head []byte) error {
	switch {
	case r.ProtoMajor != 1:
		return handshake.Reject(http.StatusHTTPVersionNotSupported, "WebSocket needs HTTP/1.1 here\n")
	case r.ContentLength != 0:
		return handshake.Reject(http.StatusBadRequest, "a handshake has no body\n")
	}
	var request handshake.Request
	n, err := request.Parse(head, s.settings.head)
	if n == 0 && err == nil {
		err = handshake.Reject(http.StatusBadRequest, "")
	}
	return err
}

// appendRequest appends the head of r as it may have come, so that it is
// judged as any other.
func appendRequest(b []byte, r *http.Request) []byte {
	head := bytes.NewBuffer(b)
	io.WriteString(head, r.Method+" "+cmp.Or(r.RequestURI, r.URL.RequestURI())+" "+r.Proto+"\r\n")
	io.WriteString(head, "Host: "+r.Host+"\r\n")
	r.Header.Write(head)
	io.WriteString(head, "\r\n")
	return head.Bytes()
}

var notAdopted = handshake.Reject(http.StatusNotImplemented, "this connection cannot become a WebSocket\n")

// hijack takes the connection, and what was read from it behind the request.
// After an error w can still be written to.
func hijack(w http.ResponseWriter, r *http.Request) (nc net.Conn, frames []byte, err error) {
	if r.TLS != nil {
		return nil, nil, errors.New("net/http's TLS connections cannot be put on a loop")
	}
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	frames = make([]byte, buffered.Reader.Buffered())
	io.ReadFull(buffered, frames)
	if p, ok := nc.(*plainConn); ok {
		frames = append(frames, p.before...)
	}
	return nc, frames, nil
}

// writeRejection answers a request that is not taken over.
func writeRejection(w http.ResponseWriter, err error) {
	r, ok := errors.AsType[*handshake.Rejection](err)
	if !ok {
		r = handshake.Reject(http.StatusInternalServerError, "")
	}
	for name, values := range r.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	http.Error(w, cmp.Or(r.Text, http.StatusText(r.Status)), r.Status)
}

// adopt begins a connection that others had before, with what they have read.
func (s *sessions) adopt(fd int, from remote, read []byte) {
	c := s.take(fd, nil, from, s.loop.Adopt)
	if c == nil {
		return
	}
	c.conn.Cork()
	defer c.conn.Uncork()
	defer s.recoverFrom(c)
	s.openServer(c, read)
}
