package engine

import (
	"cmp"

	"github.com/sockeye-ws/sockeye/handshake"
)

// routes are a server's: a Mux, and what its routes stand for here.
type routes struct {
	mux      *Mux
	profiles []*profile // by the place of the route
}

// routes prepares those of o.Mux, which inherit from the server's settings s.
func (o *Options) routes(s *settings, h Handler) *routes {
	if o.Mux == nil {
		return nil
	}
	r := &routes{mux: o.Mux}
	for _, route := range o.Mux.routes {
		own, handler := route.over(*o), route.Handler
		if handler == nil {
			handler = h
		}
		set := own.settings(handler)
		if own.Compression == o.Compression {
			set.compressor.shareBudget(s.compressor)
		}
		r.profiles = append(r.profiles, set.profiles[0])
	}
	return r
}

// over gives the options of a route, o being the server's.
func (r *Route) over(o Options) Options {
	o.Mux = nil
	if r.Upgrade != nil || r.UpgradeConn != nil {
		o.Upgrade, o.UpgradeConn = r.Upgrade, r.UpgradeConn
	}
	if r.CheckOrigin != nil {
		o.CheckOrigin = r.CheckOrigin
	}
	if r.Subprotocols != nil {
		o.Subprotocols, o.AllowNoSubprotocol = r.Subprotocols, r.AllowNoSubprotocol
	}
	if r.MaxMessageRate != 0 || r.MaxByteRate != 0 {
		o.MaxMessageRate, o.MaxByteRate, o.RatePolicy = r.MaxMessageRate, r.MaxByteRate, r.RatePolicy
	}
	if r.MaxBuffered != 0 || r.SendPolicy != 0 {
		o.MaxBuffered, o.SendPolicy = cmp.Or(r.MaxBuffered, o.MaxBuffered), r.SendPolicy
	}
	o.MaxMessage = cmp.Or(r.MaxMessage, o.MaxMessage)
	o.MaxFragments = cmp.Or(r.MaxFragments, o.MaxFragments)
	o.Compression = cmp.Or(r.Compression, o.Compression)
	o.IdleTimeout = cmp.Or(r.IdleTimeout, o.IdleTimeout)
	o.WriteTimeout = cmp.Or(r.WriteTimeout, o.WriteTimeout)
	o.CloseTimeout = cmp.Or(r.CloseTimeout, o.CloseTimeout)
	return o
}

// route makes c one of the route that r asks for.
func (s *sessions) route(c *Conn, r *handshake.Request) error {
	routes := s.owner.routes
	if routes == nil || c.profile.surplus {
		return nil
	}
	i, err := routes.mux.find(r)
	if err != nil {
		return err
	}
	c.conn.Lock()
	c.profile = c.profile.secured(routes.profiles[i])
	c.conn.Unlock()
	return nil
}
