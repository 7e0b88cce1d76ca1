package engine

import (
	"cmp"
	"crypto/tls"
	"log/slog"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/handshake"
)

// settings are the options of a server or of a client's connection, defaults
// filled in. They are shared and never change.
type settings struct {
	client             bool
	surplus            bool // for connections beyond the limits: see admission
	codec              codec.Config
	head               handshake.Limits
	upgrade            func(*Conn, *handshake.Request) (Accept, error)
	checkOrigin        func(*handshake.Request) bool
	subprotocols       []string
	allowNoSubprotocol bool
	handshakeTimeout   time.Duration // 0: none
	idleTimeout        time.Duration // 0: none
	writeTimeout       time.Duration // 0: none
	closeTimeout       time.Duration
	messageRate        float64 // 0: any
	byteRate           float64 // 0: any
	ratePolicy         RatePolicy
	tcp                loop.TCP
	shutdownSpread     time.Duration
	maxBuffered        int
	sendPolicy         SendPolicy
	workers            int // 0: handlers run on the loop
	mailbox            int
	compressor         *compressor // nil: no compression
	logger             *slog.Logger
	tls                *tls.Config // a server's; or nil
	profiles           []*profile  // see prepareProfiles
}

// profile is what a connection shares with those of the same handler and
// subprotocol, so that each need only hold a pointer.
type profile struct {
	*settings
	handler     Handler
	drainer     Drainer // handler, if it is one
	ponger      Ponger  // handler, if it is one
	subprotocol string
	deflation   *deflation // nil: no compression
	replies     bool       // see replyLocked
	tls         *tlsState  // of which this profile is a part; or nil
}

// unhandled tells that nothing can give a connection a handler.
func (p *profile) unhandled() bool { return p.handler == nil && p.upgrade == nil }

// decoding is how what the peer sends is decoded.
func (p *profile) decoding() *codec.Config {
	if p.deflation != nil {
		return &p.deflation.codec
	}
	return &p.codec
}

func newProfile(s *settings, h Handler, subprotocol string, d *deflation) *profile {
	p := &profile{settings: s, handler: h, subprotocol: subprotocol, deflation: d}
	p.replies = d == nil && !s.client && s.sendPolicy != DropOldest && s.maxBuffered >= maxReplies
	p.drainer, _ = h.(Drainer)
	p.ponger, _ = h.(Ponger)
	return p
}

// profileFor gives the profile of a connection: a new one only if it has a
// handler of its own, a subprotocol that is none of the server's, or keeps
// something of earlier messages, or TLS.
func (p *profile) profileFor(h Handler, subprotocol string, d *deflation) *profile {
	return p.secured(p.sharedFor(h, subprotocol, d))
}

// secured gives next, but with p's TLS if it has any.
func (p *profile) secured(next *profile) *profile {
	if p.tls != nil {
		return p.tls.adopt(next)
	}
	return next
}

func (p *profile) sharedFor(h Handler, subprotocol string, d *deflation) *profile {
	if h == nil {
		for _, known := range p.profiles {
			if known.subprotocol == subprotocol && known.deflation == d {
				return known
			}
		}
		h = p.handler
	}
	return newProfile(p.settings, h, subprotocol, d)
}

// prepareProfiles makes those that many connections will share.
func (s *settings) prepareProfiles(h Handler, subprotocols ...string) {
	for _, name := range append([]string{""}, subprotocols...) {
		s.profiles = append(s.profiles, newProfile(s, h, name, nil))
		if s.compressor == nil {
			continue
		}
		for _, d := range s.compressor.byBits[minBits:] {
			s.profiles = append(s.profiles, newProfile(s, h, name, d))
		}
	}
}

func (o *Options) settings(h Handler) *settings {
	s := &settings{
		codec:              codec.Config{Role: codec.Server, MaxMessage: orDefault(o.MaxMessage, DefaultMaxMessage), MaxFragments: o.MaxFragments},
		head:               handshake.Limits{Head: o.MaxHead, Headers: o.MaxHeaders},
		upgrade:            o.upgrade(),
		checkOrigin:        o.CheckOrigin,
		subprotocols:       o.Subprotocols,
		allowNoSubprotocol: o.AllowNoSubprotocol,
		handshakeTimeout:   timeout(o.HandshakeTimeout, DefaultHandshakeTimeout),
		idleTimeout:        timeout(o.IdleTimeout, DefaultIdleTimeout),
		writeTimeout:       timeout(o.WriteTimeout, DefaultWriteTimeout),
		closeTimeout:       orDefault(o.CloseTimeout, DefaultCloseTimeout),
		messageRate:        float64(max(o.MaxMessageRate, 0)),
		byteRate:           float64(max(o.MaxByteRate, 0)),
		ratePolicy:         o.RatePolicy,
		tcp:                loop.TCP{UserTimeout: o.TCPUserTimeout, KeepAlive: o.TCPKeepAlive},
		shutdownSpread:     max(o.ShutdownSpread, 0),
		maxBuffered:        orDefault(o.MaxBuffered, DefaultMaxBuffered),
		sendPolicy:         o.SendPolicy,
		workers:            max(o.Workers, 0),
		mailbox:            orDefault(o.Mailbox, DefaultMailbox),
		logger:             cmp.Or(o.Logger, slog.Default()),
		tls:                o.TLSConfig,
	}
	if s.checkOrigin == nil {
		s.checkOrigin = handshake.SameOrigin
	}
	s.compressor = o.Compression.compressor(s.codec, s.sendPolicy)
	s.prepareProfiles(h, o.Subprotocols...)
	return s
}

// upgrade gives the hook that decides on requests, nil if there is none.
func (o *Options) upgrade() func(*Conn, *handshake.Request) (Accept, error) {
	if o.UpgradeConn != nil || o.Upgrade == nil {
		return o.UpgradeConn
	}
	return func(_ *Conn, r *handshake.Request) (Accept, error) { return o.Upgrade(r) }
}

func (o *DialOptions) settings(h Handler) *settings {
	s := &settings{
		client:           true,
		codec:            codec.Config{Role: codec.Client, MaxMessage: orDefault(o.MaxMessage, DefaultMaxMessage), MaxFragments: o.MaxFragments},
		handshakeTimeout: orDefault(o.HandshakeTimeout, DefaultHandshakeTimeout),
		idleTimeout:      timeout(o.IdleTimeout, DefaultIdleTimeout),
		writeTimeout:     timeout(o.WriteTimeout, DefaultWriteTimeout),
		closeTimeout:     orDefault(o.CloseTimeout, DefaultCloseTimeout),
		maxBuffered:      orDefault(o.MaxBuffered, DefaultMaxBuffered),
		sendPolicy:       o.SendPolicy,
		logger:           cmp.Or(o.Logger, slog.Default()),
	}
	s.compressor = o.Compression.compressor(s.codec, s.sendPolicy)
	s.prepareProfiles(h)
	return s
}

// orDefault gives v, or def if v is not positive.
func orDefault[T int | time.Duration](v, def T) T {
	if v > 0 {
		return v
	}
	return def
}

// timeout gives d; def if it is 0, and 0, for none, if it is negative.
func timeout(d, def time.Duration) time.Duration {
	if d < 0 {
		return 0
	}
	return cmp.Or(d, def)
}
