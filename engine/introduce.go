package engine

import (
	"errors"
	"net/netip"

	"github.com/sockeye-ws/sockeye/engine/internal/proxyproto"
	"github.com/sockeye-ws/sockeye/handshake"
	"github.com/sockeye-ws/sockeye/pool"
)

// meet tells what is known of the peer of a new socket.
func (s *sessions) meet(fd int) (from remote) {
	p := s.owner.proxies
	if p == nil || !p.trustsPeer(s.loop, fd) {
		return remote{}
	}
	from.is = vouched
	if p.protocol {
		from.is |= awaited
	}
	return from
}

// countedAs gives the address that a new connection counts for. There is none if
// that is not known yet, or a proxy's.
func (s *sessions) countedAs(fd int, from remote) netip.Addr {
	if s.owner.admission.addrs == nil || from.is&(vouched|unknown) != 0 {
		return netip.Addr{}
	}
	if client, ok := from.told(); ok {
		return client.Addr()
	}
	a, _ := s.loop.RemoteIP(fd)
	return a
}

// awaitsProxy tells that c has to begin with a PROXY protocol header.
func (s *sessions) awaitsProxy(c *Conn) bool {
	p := s.owner.proxies
	return p != nil && p.protocol && s.remotes.at(c.conn.Slot()).is&awaited != 0
}

// openProxied reads the header before a request.
func (s *sessions) openProxied(c *Conn, b []byte) {
	rx := c.rx
	if rx != nil {
		b = rx.opening.gather(b)
	}
	n, err := s.introduce(c, b)
	switch {
	case err != nil:
		s.cut(c, err)
		return
	case n == 0:
		s.request.Reset()
		s.wait(c, b)
		return
	}
	if rx != nil {
		c.rx = nil
		s.discharge(rx)
		defer rx.opening.release()
	}
	if n < len(b) {
		s.openServer(c, b[n:])
	}
}

// stripProxy takes the header away that comes before TLS, and tells whether it
// has come, and c goes on.
func (s *sessions) stripProxy(c *Conn, t *tlsState) bool {
	n, err := s.introduce(c, t.rest.B)
	if err != nil {
		s.cut(c, err)
		return false
	}
	rest := t.rest
	if n > 0 {
		t.rest = nil
		t.keep(rest.B[n:])
		pool.Put(rest)
	}
	s.chargeTLS(t)
	return n > 0
}

var errTooMany = errors.New("engine: too many connections from this address")

// introduce reads the header that b begins with and gives its size, 0 while it
// is not complete. After an error c is to be cut.
func (s *sessions) introduce(c *Conn, b []byte) (n int, err error) {
	h, n, err := proxyproto.Parse(b)
	if err != nil {
		s.stats.proxyFailed.Add(1)
		c.profile.logger.Debug("engine: a proxy's connection without a valid PROXY protocol header", "error", err, "remote", c.RemoteAddr())
	}
	if n == 0 {
		return 0, err
	}
	from := remote{is: unknown}
	switch {
	case h.Local:
		from.is = vouched
	case h.Source.IsValid():
		from = s.owner.proxies.remote(h.Source)
	}
	s.remotes.put(c.conn.Slot(), from)
	return n, s.enlist(c, from)
}

// enlist counts c for the address that the header tells, unless that is a
// proxy's. A client that has too many connections is told so once its request
// has come; with TLS it would take a handshake.
func (s *sessions) enlist(c *Conn, from remote) error {
	client, ok := from.told()
	if !ok || from.is&vouched != 0 || c.profile.surplus || s.enroll(c, client.Addr()) {
		return nil
	}
	if c.profile.tls != nil || !s.demote(c) {
		s.loop.Stats.Shed.Add(1)
		return errTooMany
	}
	return nil
}

// demote makes c, which was admitted, one that is refused, if it can be held.
func (s *sessions) demote(c *Conn) bool {
	p := s.owner.admission.demote()
	if p == nil {
		return false
	}
	c.conn.Lock()
	c.profile = c.profile.secured(p)
	c.conn.Unlock()
	return true
}

// identify finds out whose request a proxy has passed on, and counts its
// connection for the client's address.
func (s *sessions) identify(c *Conn, r *handshake.Request) error {
	if s.owner.proxies == nil {
		return nil
	}
	client, ok := s.owner.proxies.identify(s.remotes.at(c.conn.Slot()), r.Headers)
	if !ok {
		return nil
	}
	from := s.owner.proxies.remote(client)
	s.remotes.put(c.conn.Slot(), from)
	if from.is&vouched != 0 || c.profile.surplus || s.enroll(c, client.Addr()) {
		return nil
	}
	s.demote(c) // so that its place is free, however long it takes to end
	_, err := s.owner.admission.tooMany.upgrade(c, nil)
	return err
}
