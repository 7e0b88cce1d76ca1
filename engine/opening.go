package engine

import (
	"errors"
	"net/http"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/handshake"
	"github.com/sockeye-ws/sockeye/pool"
)

// refused is the state of a connection whose handshake was refused: for its
// peer a response and the end, for the handler nothing at all.
const refused = Closed + 1

// passedOn is the state of a connection whose socket net/http has now.
const passedOn = Closed + 2

var noWebSocket = handshake.Reject(http.StatusNotFound, "no WebSocket here\n")

// opening is what a connection holds while its handshake is incomplete.
type opening struct {
	head    *pool.Buffer // what has come so far
	length  int          // of the request's own part of it; a worker's
	request handshake.Request
	attempt *attempt // a client's
}

func (o *opening) release() {
	pool.Put(o.head)
	o.head = nil
}

// gather appends b to what has come so far.
func (o *opening) gather(b []byte) []byte {
	if o.head == nil {
		o.head = pool.Get(len(b))
	}
	o.head = pool.Grow(o.head, len(b))
	o.head.B = append(o.head.B, b...)
	return o.head.B
}

// Accepted begins a server's connection.
func (s *sessions) Accepted(fd int) { s.take(fd, nil, s.meet(fd), s.loop.Add) }

// take makes a socket a server's connection, with TLS if t is not nil, put on
// the loop by add; nil if it cannot be taken.
func (s *sessions) take(fd int, t *tlsState, from remote, add func(*loop.Conn, int) loop.Errno) *Conn {
	if s.draining {
		s.loop.CloseFD(fd)
		return nil
	}
	p, addr := s.owner.admission.admit(s.owner.settings.profiles[0], s.countedAs(fd, from), s.loop.Now())
	if p != nil && p.surplus && t != nil && !t.established {
		s.owner.admission.leave(p, addr, s.loop.Now()) // to tell it why would take a handshake
		p = nil
	}
	if p == nil {
		s.loop.TurnAway(fd)
		return nil
	}
	return s.seat(fd, t, from, p, addr, add)
}

// seat is take for one that is admitted: with profile p, and counted for addr.
func (s *sessions) seat(fd int, t *tlsState, from remote, p *profile, addr *address, add func(*loop.Conn, int) loop.Errno) *Conn {
	c := &Conn{profile: p}
	if t != nil {
		t.adopt(p)
		c.secure(t)
	}
	if e := add(&c.conn, fd); e != 0 {
		s.loop.CloseFD(fd)
		s.owner.admission.leave(p, addr, s.loop.Now())
		s.owner.settings.logger.Error("engine: accepted a connection that cannot be watched", "error", e)
		return nil
	}
	s.guests.put(c.conn.Slot(), addr)
	s.remotes.put(c.conn.Slot(), from)
	c.limitHandshake(c.profile.handshakeTimeout)
	return c
}

// openServer reads a client's request, and answers it when it is whole. What
// follows it are frames already.
func (s *sessions) openServer(c *Conn, b []byte) {
	if s.awaitsProxy(c) {
		s.openProxied(c, b)
		return
	}
	request := &s.request
	request.Reset()
	if c.rx != nil {
		request = &c.rx.opening.request
		b = c.rx.opening.gather(b)
	}
	n, err := request.Parse(b, c.profile.head)
	switch {
	case err != nil && s.owner.plain != nil && request.Ordinary():
		s.openPlain(c, b, err)
		return
	case err != nil:
		s.refuse(c, err)
		return
	case n == 0:
		s.wait(c, b)
		return
	}
	s.openWith(c, request, b, n)
}

// openWith answers a whole request, which is the first n bytes of b.
func (s *sessions) openWith(c *Conn, r *handshake.Request, b []byte, n int) {
	err := s.identify(c, r)
	if err == nil {
		err = s.route(c, r)
	}
	if err == nil && c.onWorkers() && c.profile.upgrade != nil {
		s.passUpgrade(c, b)
		return
	}
	if err == nil {
		err = s.upgrade(c, r)
	}
	if err != nil {
		s.refuse(c, err)
		return
	}
	rx := c.rx
	c.rx = nil
	if rx != nil {
		s.discharge(rx)
		defer rx.opening.release()
	}
	s.open(c)
	s.tellOpen(c)
	s.feed(c, b[n:])
}

// wait keeps an incomplete request.
func (s *sessions) wait(c *Conn, b []byte) {
	if c.rx == nil {
		c.rx = &receiver{opening: &opening{request: s.request}}
		c.rx.opening.gather(b)
	}
	s.charge(c.rx)
}

// upgrade decides on a request and writes the answer that accepts it.
func (s *sessions) upgrade(c *Conn, r *handshake.Request) error {
	accept, err := c.decide(r)
	if err != nil {
		return err
	}
	return c.accept(r, accept)
}

// decide asks the hooks.
func (c *Conn) decide(r *handshake.Request) (accept Accept, err error) {
	p := c.profile
	if p.unhandled() {
		return accept, noWebSocket
	}
	if !p.checkOrigin(r) {
		return accept, handshake.Reject(http.StatusForbidden, "this origin may not connect\n")
	}
	if p.upgrade != nil {
		if accept, err = p.upgrade(c, r); err != nil {
			return accept, err
		}
	}
	if accept.Handler == nil && p.handler == nil {
		return accept, ErrNoHandler
	}
	return accept, p.chooseSubprotocol(&accept, r)
}

// accept writes the answer that accepts a request.
func (c *Conn) accept(r *handshake.Request, accept Accept) error {
	c.conn.Lock()
	defer c.conn.Unlock()
	answer := handshake.Accept{Subprotocol: accept.Subprotocol, Header: accept.Header}
	var d *deflation
	if c.profile.compressor != nil && !accept.NoCompression {
		answer.Deflate, d = c.profile.compressor.answer(r)
	}
	b, err := handshake.AppendResponse(c.conn.RoomLocked(256), r, answer)
	c.conn.CommitLocked(b, nil)
	if err != nil {
		d.releaseLocked()
		return err
	}
	c.data = accept.Data
	c.profile = c.profile.profileFor(accept.Handler, accept.Subprotocol, d)
	return nil
}

func (p *profile) chooseSubprotocol(a *Accept, r *handshake.Request) error {
	if a.Subprotocol != "" || len(p.subprotocols) == 0 {
		return nil
	}
	chosen, ok := handshake.SelectSubprotocol(r, p.subprotocols)
	if !ok && !p.allowNoSubprotocol {
		return handshake.Reject(http.StatusBadRequest, "none of the offered subprotocols is supported\n")
	}
	a.Subprotocol = chosen
	return nil
}

// open makes c open: the answer is on its way.
func (s *sessions) open(c *Conn) {
	c.conn.Lock()
	c.setStateLocked(Open)
	c.conn.Unlock()
	s.stats.opened.Add(1)
	s.stats.open.Add(1)
	c.watch(0, 0)
	s.startMeter(c)
}

func (s *sessions) tellOpen(c *Conn) {
	if c.onWorkers() {
		s.mail.send(c, letter{call: callOpen})
		return
	}
	c.profile.handler.OnOpen(c)
}

// refuse answers a request with an error and ends the connection.
func (s *sessions) refuse(c *Conn, err error) {
	if c.shaking() {
		s.cut(c, err) // nothing can be told yet
		return
	}
	s.stats.refused.Add(1)
	rejection, ok := errors.AsType[*handshake.Rejection](err)
	if !ok {
		c.profile.logger.Error("engine: handshake failed for a reason of our own", "error", err)
		rejection = handshake.Reject(http.StatusInternalServerError, "")
	}
	c.conn.Lock()
	c.conn.CommitLocked(handshake.AppendRejection(c.conn.RoomLocked(512), rejection), nil)
	c.setStateLocked(refused)
	c.conn.Unlock()
	s.release(c)
	c.conn.Finish(c.profile.closeTimeout, 0)
}

var _ loop.Events = (*sessions)(nil)
