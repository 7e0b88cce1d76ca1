package main

import (
	"log"
	"net"

	"github.com/panjf2000/gnet/v2"
	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/handshake"
)

// server has what the connections share: all of them are on one loop.
type server struct {
	gnet.BuiltinEventEngine
	ready   func(net.Addr)
	config  codec.Config
	decoder *codec.Decoder // of whichever connection has bytes
	request handshake.Request
	out     []byte                 // replies of one event
	conns   map[gnet.Conn]struct{} // upgraded; nil unless each message goes to all of them
}

// A connection's context is nil before its handshake, and then upgraded, or
// the decoder that holds the part of a message.
type upgraded struct{}

func newServer(broadcast bool, ready func(net.Addr)) *server {
	s := &server{ready: ready}
	if broadcast {
		s.conns = map[gnet.Conn]struct{}{}
	}
	s.decoder = codec.NewDecoder(&s.config)
	return s
}

func (s *server) OnBoot(e gnet.Engine) gnet.Action {
	addr, err := boundTo(e)
	if err != nil {
		log.Print(err)
		return gnet.Shutdown
	}
	s.ready(addr)
	return gnet.None
}

// OnTraffic answers all that has come with one write.
func (s *server) OnTraffic(c gnet.Conn) gnet.Action {
	s.out = s.out[:0]
	if c.Context() == nil {
		if action := s.upgrade(c); action != gnet.None || c.Context() == nil {
			return action
		}
	}
	return s.echo(c)
}

// upgrade leaves bytes with gnet until the head is complete.
func (s *server) upgrade(c gnet.Conn) gnet.Action {
	head, err := c.Peek(-1)
	if err != nil {
		return gnet.Close
	}
	s.request.Reset()
	n, err := s.request.Parse(head, handshake.Limits{})
	if rejection, ok := err.(*handshake.Rejection); ok {
		c.Write(handshake.AppendRejection(nil, rejection))
		return gnet.Close
	}
	if n == 0 {
		return gnet.None
	}
	if s.out, err = handshake.AppendResponse(s.out, &s.request, handshake.Accept{}); err != nil {
		return gnet.Close
	}
	if _, err := c.Write(s.out); err != nil {
		return gnet.Close
	}
	s.out = s.out[:0]
	c.SetContext(upgraded{})
	if s.conns != nil {
		s.conns[c] = struct{}{}
	}
	c.Discard(n)
	return gnet.None
}

func (s *server) echo(c gnet.Conn) gnet.Action {
	b, err := c.Next(-1)
	if err != nil {
		return gnet.Close
	}
	d, own := c.Context().(*codec.Decoder)
	if !own {
		d = s.decoder
	}
	action := s.decode(d, b)
	if len(s.out) > 0 {
		if _, err := c.Write(s.out); err != nil {
			action = gnet.Close
		}
	}
	s.keep(c, d, own)
	return action
}

// keep lets a connection have a decoder of its own only while it needs one.
func (s *server) keep(c gnet.Conn, d *codec.Decoder, own bool) {
	switch idle := d.Idle(); {
	case own && idle:
		d.Release()
		c.SetContext(upgraded{})
	case !own && !idle:
		c.SetContext(d)
		s.decoder = codec.NewDecoder(&s.config)
	}
}

func (s *server) OnClose(c gnet.Conn, _ error) gnet.Action {
	if d, own := c.Context().(*codec.Decoder); own {
		d.Release()
	}
	delete(s.conns, c)
	return gnet.None
}

// decode appends the answers to b to out.
func (s *server) decode(d *codec.Decoder, b []byte) gnet.Action {
	for len(b) > 0 {
		op, payload, n, err := d.Next(b)
		if violation, ok := err.(*codec.Error); ok {
			s.out = codec.AppendClose(s.out, violation.Code, violation.Reason)
			return gnet.Close
		}
		b = b[n:]
		switch op {
		case codec.Text, codec.Binary:
			s.reply(op, payload)
		case codec.Ping:
			s.out = codec.AppendPong(s.out, payload)
		case codec.Close:
			s.out = codec.AppendFrame(s.out, codec.Close, payload)
			return gnet.Close
		}
	}
	return gnet.None
}

func (s *server) reply(op codec.Opcode, payload []byte) {
	if s.conns == nil {
		s.out = codec.AppendFrame(s.out, op, payload)
		return
	}
	frame := codec.AppendFrame(nil, op, payload)
	for c := range s.conns {
		c.Write(frame) // when it fails, OnClose has been called
	}
}
