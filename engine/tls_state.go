package engine

import (
	"crypto/tls"
	"io"
	"net"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/pool"
)

// tlsState is what a connection needs for TLS; its profile is a part of it. It
// is the transport under its [tls.Conn], which reads from memory and writes to
// memory. Methods of the tls.Conn are called with the connection's lock held;
// during the handshake by the handshaker alone, without it. While net/http has
// the connection, it is the tls.Conn's way to the socket, and nothing else.
type tlsState struct {
	profile
	conn   *tls.Conn
	socket *tlsSocket // while net/http has the connection; else nil
	of     *Conn      // whose it is; nil while a client's handshake is under way, or net/http has it
	in     []byte     // records that conn is to read
	left   int        // bytes of the first of them that conn has not read, once it has begun with it
	out    []byte     // what conn has written

	established bool // the handshake is over; guarded by the connection's lock, written on its loop

	// The loop's goroutine only; but shake's fields are the handshaker's during a step.
	shake   *tlsShake    // under way; nil afterwards
	rest    *pool.Buffer // received, but not for conn to read yet, or nil
	charged int          // bytes counted in sessions.received
	largest int          // the largest record that conn has read: it keeps that much memory
	barren  int          // bytes of the records since the last that had data
}

var _ net.Conn = (*tlsState)(nil)
var _ loop.Layer = (*tlsState)(nil)

// newTLSState makes that of a server's connection, whose handshake begins.
func newTLSState(config *tls.Config) *tlsState {
	return &tlsState{shake: &tlsShake{config: config}}
}

// secure makes c one with TLS.
func (c *Conn) secure(t *tlsState) {
	c.profile, t.of = &t.profile, c
	c.conn.Seal()
}

// shaking tells that c's TLS handshake is under way. The loop's goroutine only.
func (c *Conn) shaking() bool { return c.profile.tls != nil && !c.profile.tls.established }

// Layer is of [loop.Events].
func (s *sessions) Layer(lc *loop.Conn) loop.Layer { return connOf(lc).profile.tls }

// adopt makes a copy of p the profile of t.
func (t *tlsState) adopt(p *profile) *profile {
	t.profile = *p
	t.profile.tls = t
	return &t.profile
}

// errAgain is what a tls.Conn may read on after, once the handshake is over.
type errAgain struct{}

func (errAgain) Error() string   { return "no whole record yet" }
func (errAgain) Timeout() bool   { return true }
func (errAgain) Temporary() bool { return true }

// recordHeader is the size of a record's header.
const recordHeader = 5

// Read gives as much of a record as p has room for: conn then makes its memory no
// larger than it must. It never gives any of the next record, which conn would
// have to keep. In the middle of a handshake it waits for more.
func (t *tlsState) Read(p []byte) (n int, err error) {
	for len(t.in) == 0 {
		if err := t.more(p); err != nil {
			return 0, err
		}
	}
	if t.left == 0 {
		if t.left = recordSize(t.in); t.left == 0 || t.left > len(t.in) {
			t.left = len(t.in) // no record: conn will say so
		}
		if t.socket != nil {
			t.largest = max(t.largest, t.left)
		}
	}
	n = copy(p, t.in[:t.left])
	if t.in, t.left = t.in[n:], t.left-n; len(t.in) == 0 {
		t.in = nil // it is not needed for as long as the connection
	}
	return n, nil
}

// more gets further records; p is memory to read into.
func (t *tlsState) more(p []byte) (err error) {
	switch {
	case t.socket != nil:
		t.in, err = t.socket.receive(p)
	case t.shake == nil || t.shake.wait == nil:
		err = errAgain{}
	case !t.shake.wait():
		err = io.ErrUnexpectedEOF
	}
	return err
}

// Write keeps p for whoever has made conn write.
func (t *tlsState) Write(p []byte) (int, error) {
	if t.socket != nil {
		return t.socket.Write(p)
	}
	t.out = append(t.out, p...)
	return len(p), nil
}

// Seal is of [loop.Layer].
func (t *tlsState) Seal(dst, plain []byte) ([]byte, bool) {
	if !t.established {
		return dst, false
	}
	t.out = dst
	_, err := t.conn.Write(plain)
	dst, t.out = t.out, nil
	return dst, err == nil
}

// SealEnd is of [loop.Layer].
func (t *tlsState) SealEnd(dst []byte) []byte {
	if !t.established {
		return dst
	}
	t.out = dst
	t.conn.CloseWrite()
	dst, t.out = t.out, nil
	return dst
}

// takeOut gives what conn has written.
func (t *tlsState) takeOut() []byte {
	b := t.out
	t.out = nil
	return b
}
