package engine

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"syscall"
	"time"

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
// HTTP/2, which cannot be taken over: 505. Of connections plain TCP and Unix
// ones can, and those with TLS if [UnderTLS] made their listener; others are
// answered with 501. Whatever w has been wrapped in must have an Unwrap method: see
// [http.ResponseController].
//
// With Options.Proxies the connection comes from where r.RemoteAddr says, which
// middleware may have set, and if that is one of the proxies, from where their
// header does. Their PROXY protocol is the net/http server's listener's affair.
//
// A connection that Options.HTTP had meanwhile keeps its place within the
// limits; one of another net/http server needs one.
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
	a, err := s.takeOver(w, r)
	if err != nil {
		s.settings.logger.Error("engine: a connection of net/http cannot be taken over", "error", err)
		return
	}
	a.read = slices.Concat(head, a.read)
	se := g.next()
	if !se.loop.Post(func() { se.adopt(a) }) {
		loop.OS.Close(a.fd)
		s.letGo(a)
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

var (
	notAdopted = handshake.Reject(http.StatusNotImplemented, "this connection cannot become a WebSocket\n")

	errForeignTLS = errors.New("its TLS is not over ours: serve with http.ServeTLS(engine.UnderTLS(listener), ...)")
)

// adoptee is a connection on its way from net/http to a loop.
type adoptee struct {
	fd      int
	from    remote
	read    []byte    // what was read from it
	tls     *tlsState // or nil
	records []byte    // what was received, but not decrypted

	admitted bool     // it has a place within the limits, as it was a loop's before,
	addr     *address // and counts for this one
}

// takeOver takes the connection of a request from net/http. If that cannot be,
// the request is answered.
func (s *Server) takeOver(w http.ResponseWriter, r *http.Request) (*adoptee, error) {
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		writeRejection(w, notAdopted)
		return nil, err
	}
	a := &adoptee{read: make([]byte, buffered.Reader.Buffered())}
	io.ReadFull(buffered, a.read)
	p, back := nc.(handedOver)
	if back {
		nc = a.takeBack(p.passed())
	}
	if nc, err = a.underTLS(nc); err != nil {
		s.letGo(a)
		rejectHijacked(nc)
		return nil, err
	}
	if a.fd, err = detach(nc); err != nil {
		s.letGo(a)
		return nil, err
	}
	if !back {
		a.from = s.proxies.remoteOf(r, a.fd)
	}
	return a, nil
}

// letGo gives the place back that a may have.
func (s *Server) letGo(a *adoptee) {
	if a.admitted {
		s.vacate(a.addr)
	}
}

// takeBack takes a connection that was a loop's before.
func (a *adoptee) takeBack(p *plainConn) net.Conn {
	a.from, a.read = p.from, append(a.read, p.before...)
	a.admitted, a.addr = true, p.addr
	p.moveOn()
	return p.stream
}

// underTLS gives the socket under nc.
func (a *adoptee) underTLS(nc net.Conn) (net.Conn, error) {
	if conn, ok := nc.(*tls.Conn); ok {
		t, ok := conn.NetConn().(*tlsState)
		if !ok {
			return nc, errForeignTLS
		}
		var data []byte
		nc, data, a.records = t.leaveSocket(conn)
		a.read, a.tls = append(a.read, data...), t
	}
	if _, ok := nc.(syscall.Conn); !ok {
		return nc, fmt.Errorf("a %T is neither a TCP nor a Unix connection", nc)
	}
	return nc, nil
}

// rejectHijacked answers the request on a connection that is not net/http's
// any more.
func rejectHijacked(nc net.Conn) {
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(DefaultCloseTimeout))
	nc.Write(handshake.AppendRejection(nil, notAdopted))
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

// readmit makes a's socket a server's connection, within the limits or in the
// place that it has.
func (s *sessions) readmit(a *adoptee) *Conn {
	switch {
	case !a.admitted:
		return s.take(a.fd, a.tls, a.from, s.loop.Adopt)
	case s.draining:
		s.loop.CloseFD(a.fd)
		s.owner.letGo(a)
		return nil
	}
	return s.seat(a.fd, a.tls, a.from, s.owner.settings.profiles[0], a.addr, s.loop.Adopt)
}

// adopt begins a connection that net/http had before.
func (s *sessions) adopt(a *adoptee) {
	c := s.readmit(a)
	if c == nil {
		return
	}
	c.conn.Cork()
	defer c.conn.Uncork()
	defer s.recoverFrom(c)
	s.beginTurn()
	s.openServer(c, a.read)
	if a.tls != nil {
		s.records(c, a.records)
	}
}
