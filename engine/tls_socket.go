package engine

import (
	"bytes"
	"crypto/tls"
	"net"
	"slices"
	"syscall"
	"time"
)

// UnderTLS makes a listener whose connections [Server.ServeHTTP] can take over
// though net/http, or whoever else accepts them, speaks TLS on them by means of
// package crypto/tls. It goes under that, directly:
//
//	http.ServeTLS(engine.UnderTLS(l), mux, "cert.pem", "key.pem")
//
// or tls.NewListener(engine.UnderTLS(l), config). All else is as without it:
// certificates, HTTP/2, the TLS field of requests. Whatever is no handshake of a
// WebSocket stays with net/http.
//
// l's connections must be those of package net, TCP or Unix: l is no wrapper
// that adds to what they do. Others pass through as they are.
func UnderTLS(l net.Listener) net.Listener { return underTLS{l} }

type underTLS struct{ net.Listener }

func (l underTLS) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if _, ok := nc.(syscall.Conn); err != nil || !ok {
		return nc, err
	}
	return &tlsState{socket: &tlsSocket{Conn: nc}}, nil
}

// tlsSocket is what a tlsState reads from and writes to while its connection is
// with net/http.
type tlsSocket struct {
	net.Conn
	kept []byte // received, but not read by the tls.Conn: the beginning of a record, unless it is about to be given
}

// receive gives whole records, so that the tls.Conn never has a part of one when
// the connection moves to a loop. It reads into p, or further on where a part is
// kept already: memory follows what has come.
func (s *tlsSocket) receive(p []byte) ([]byte, error) {
	for {
		if n := wholeRecords(s.kept); n > 0 {
			return s.take(n), nil
		}
		buf := p
		if len(s.kept) > 0 {
			s.kept = slices.Grow(s.kept, max(len(s.kept), len(p)))
			buf = s.kept[len(s.kept):cap(s.kept)]
		}
		n, err := s.Conn.Read(buf)
		s.kept = append(s.kept, buf[:n]...)
		switch {
		case err == nil:
		case len(s.kept) == 0 || isTimeout(err):
			return nil, err
		default: // the tls.Conn has to know that it ended within a record
			return s.take(len(s.kept)), nil
		}
	}
}

// take takes n bytes from what is kept.
func (s *tlsSocket) take(n int) []byte {
	b := s.kept[:n:n]
	if s.kept = s.kept[n:]; len(s.kept) == 0 {
		s.kept = nil
	}
	return b
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

// afterEnd is a record for a tls.Conn whose stream has ended, or failed: it does
// not read it, or cannot, and tells of that again.
var afterEnd = []byte{23, 3, 3, 0, 0}

// leaveSocket ends conn's time with net/http. It gives the socket, and what has
// come from it but was not read: data, and the records behind it. If the stream
// has ended, these make conn say so once the data are handled.
func (t *tlsState) leaveSocket(conn *tls.Conn) (socket net.Conn, data, records []byte) {
	socket, records = t.socket.Conn, slices.Concat(t.in, t.socket.kept)
	t.conn, t.socket, t.in, t.established = conn, nil, nil, true
	data = make([]byte, maxData)
	n, err := t.decrypted(data)
	if err != nil {
		records = afterEnd
	}
	return socket, data[:n], records
}

// moveToSocket is the end of t's time on a loop. The socket comes later.
func (t *tlsState) moveToSocket() {
	t.socket, t.of = new(tlsSocket), nil
	if t.rest != nil {
		t.socket.kept = bytes.Clone(t.rest.B)
	}
}

// under gives what a tls.Conn's calls that neither read nor write are for.
func (t *tlsState) under() net.Conn {
	if t.socket != nil {
		return t.socket
	}
	return nowhere{of: t.of}
}

func (t *tlsState) Close() error                        { return t.under().Close() }
func (t *tlsState) LocalAddr() net.Addr                 { return t.under().LocalAddr() }
func (t *tlsState) RemoteAddr() net.Addr                { return t.under().RemoteAddr() }
func (t *tlsState) SetDeadline(at time.Time) error      { return t.under().SetDeadline(at) }
func (t *tlsState) SetReadDeadline(at time.Time) error  { return t.under().SetReadDeadline(at) }
func (t *tlsState) SetWriteDeadline(at time.Time) error { return t.under().SetWriteDeadline(at) }

// nowhere is what is under a tls.Conn on a loop: there nothing of this is the
// tls.Conn's business. Only hooks of a server's handshakes expect addresses.
type nowhere struct {
	net.Conn
	of *Conn
}

func (n nowhere) LocalAddr() net.Addr  { return n.address((*Conn).LocalAddr) }
func (n nowhere) RemoteAddr() net.Addr { return n.address((*Conn).RemoteAddr) }

// address gives an address also if the connection is gone.
func (n nowhere) address(of func(*Conn) net.Addr) net.Addr {
	if n.of != nil {
		if a := of(n.of); a != nil {
			return a
		}
	}
	return new(net.TCPAddr)
}

func (nowhere) Close() error                     { return nil }
func (nowhere) SetDeadline(time.Time) error      { return nil }
func (nowhere) SetReadDeadline(time.Time) error  { return nil }
func (nowhere) SetWriteDeadline(time.Time) error { return nil }
