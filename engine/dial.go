package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/handshake"
)

// DialOptions configures a client's connection. The zero value is fine.
type DialOptions struct {
	// Server, if not nil, is the server on whose loops the connection runs.
	// Default: loops that all such clients share, and that end with the last.
	Server *Server

	// Subprotocols are offered to the server, best first.
	Subprotocols []string

	// Origin is sent if not empty. Clients that are no browsers need none.
	Origin string

	// Header is added to the request, for instance Authorization or Cookie.
	Header http.Header

	// NetDial opens the connection, a *net.TCPConn or *net.UnixConn, which is
	// then the engine's. Default: (&net.Dialer{}).DialContext.
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)

	// TLSConfig is for wss; a copy is used, whose NextProtos have "http/1.1"
	// and not "h2", and which does not renegotiate. Default: what package
	// crypto/tls has, and the URL's host as ServerName.
	TLSConfig *tls.Config

	// The rest is as in Options, but that HandshakeTimeout limits Dial as a
	// whole, as its ctx does, and cannot be none.
	HandshakeTimeout time.Duration
	IdleTimeout      time.Duration
	WriteTimeout     time.Duration
	CloseTimeout     time.Duration
	MaxMessage       int
	MaxFragments     int
	MaxBuffered      int
	SendPolicy       SendPolicy
	Compression      *Compression
	Logger           *slog.Logger
}

// Dial opens one connection to a ws:// or wss:// URL; see [Dialer.Dial]. For
// many with the same options, a Dialer saves memory.
func Dial(ctx context.Context, url string, h Handler, o DialOptions) (*Conn, error) {
	return NewDialer(h, o).Dial(ctx, url)
}

// Dialer opens clients' connections that have handler and options in common.
// It may be used from any goroutine, and has nothing to be closed.
type Dialer struct {
	options  DialOptions
	settings *settings
	tls      dialTLS
}

// NewDialer makes a Dialer.
func NewDialer(h Handler, o DialOptions) *Dialer {
	if o.NetDial == nil {
		o.NetDial = new(net.Dialer).DialContext
	}
	return &Dialer{options: o, settings: o.settings(h), tls: dialTLS{config: dialConfig(o.TLSConfig)}}
}

// Dial opens a connection to a ws:// or wss:// URL and returns it when it is
// open. The handler is called on the connection's event loop, even if that is
// one of a server with Options.Workers, and must not block: OnOpen may come
// before or after Dial returns, and OnOpen and OnClose even if ctx ends just
// then and Dial returns its error. ctx limits dialing, not the connection.
//
// If the server refuses, the error is a *[handshake.ResponseError]; if what
// was asked for cannot be sent, a *[handshake.UsageError] or *[MisuseError].
func (d *Dialer) Dial(ctx context.Context, url string) (*Conn, error) {
	a, err := d.attempt(url)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d.settings.handshakeTimeout, ErrHandshakeTimeout)
	defer cancel()
	nc, err := d.options.NetDial(ctx, "tcp", a.addr)
	if err != nil {
		return nil, cause(ctx, err)
	}
	c := &Conn{profile: d.settings.profiles[0]}
	if a.secure {
		t, err := d.shake(ctx, nc, a.serverName)
		if err != nil {
			nc.Close()
			if ctx.Err() != nil {
				err = ctx.Err() // which has made it fail
			}
			return nil, cause(ctx, fmt.Errorf("engine: dial: TLS: %w", err))
		}
		c.secure(t)
	}
	fd, err := detach(nc)
	if err != nil {
		return nil, err
	}
	s, err := clientLoops.take(d.options.Server)
	if err != nil {
		loop.OS.Close(fd)
		return nil, err
	}
	return a.open(ctx, c, fd, s)
}

// attempt is a client's handshake under way.
type attempt struct {
	addr       string
	secure     bool
	serverName string
	request    handshake.ClientRequest
	response   handshake.Response
	result     chan error // takes the one result
}

func (d *Dialer) attempt(url string) (*attempt, error) {
	u, err := handshake.ParseURL(url)
	if err != nil {
		return nil, err
	}
	return &attempt{
		addr: u.Addr, secure: u.Secure, serverName: u.ServerName,
		request: handshake.ClientRequest{
			Host: u.Host, Target: u.Target, Key: handshake.NewKey(), Origin: d.options.Origin,
			Subprotocols: d.options.Subprotocols, Header: d.options.Header, Deflate: d.settings.compressor.offer(),
		},
		result: make(chan error, 1),
	}, nil
}

// open does the handshake on the loop of s, and waits for it.
func (a *attempt) open(ctx context.Context, c *Conn, fd int, s *sessions) (*Conn, error) {
	if !s.loop.Post(func() { s.begin(c, fd, a) }) {
		loop.OS.Close(fd)
		clientLoops.done(s)
		return nil, ErrServerClosed
	}
	select {
	case err := <-a.result:
		if err != nil {
			return nil, err
		}
		return c, nil
	case <-ctx.Done():
		s.loop.Post(func() { s.giveUp(c, ctx.Err()) })
		return nil, fmt.Errorf("engine: dial: %w", cause(ctx, ctx.Err()))
	}
}

// deflation is how the connection compresses, as the server has answered.
func (a *attempt) deflation(c *compressor) *deflation {
	agreed, ok := a.response.Deflate(&a.request)
	if !ok {
		return nil
	}
	return c.accepted(agreed)
}

// giveUp cuts a connection that Dial does not wait for any more, if it was
// begun at all.
func (s *sessions) giveUp(c *Conn, err error) {
	if c.conn.Loop() != nil {
		s.cut(c, err)
	}
}

var errNoAnswer = fmt.Errorf("engine: dial: the server ended the connection without an answer: %w", io.ErrUnexpectedEOF)

// dialError says what failed with a bare system error.
func dialError(err error) error {
	if e, ok := err.(loop.Errno); ok {
		return fmt.Errorf("engine: dial: %w", e)
	}
	return err
}

// cause gives what ended ctx if that was our own timeout, else err.
func cause(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), ErrHandshakeTimeout) {
		return ErrHandshakeTimeout
	}
	return err
}

// finish tells Dial the result; only the first one counts.
func (a *attempt) finish(err error) {
	select {
	case a.result <- err:
	default:
	}
}

// begin sends the request.
func (s *sessions) begin(c *Conn, fd int, a *attempt) {
	if s.draining {
		s.abandon(fd, a, ErrServerClosed)
		return
	}
	if e := s.loop.Adopt(&c.conn, fd); e != 0 {
		s.abandon(fd, a, fmt.Errorf("engine: dial: %w", e))
		return
	}
	c.rx = &receiver{opening: &opening{attempt: a}}
	c.conn.Lock()
	b, err := handshake.AppendRequest(c.conn.RoomLocked(512), &a.request)
	c.conn.CommitLocked(b, nil)
	c.conn.Unlock()
	if err != nil {
		s.cut(c, err)
		return
	}
	c.limitHandshake(c.profile.handshakeTimeout)
}

// abandon gives up before there is a connection.
func (s *sessions) abandon(fd int, a *attempt, err error) {
	s.loop.CloseFD(fd)
	a.finish(err)
	clientLoops.done(s)
}

// openClient reads the server's response, and opens the connection when it is
// whole. What follows it are frames already.
func (s *sessions) openClient(c *Conn, b []byte) {
	o := c.rx.opening
	b = o.gather(b)
	n, err := o.attempt.response.Parse(b, handshake.Limits{})
	if err == nil && n > 0 {
		err = o.attempt.response.Check(&o.attempt.request)
	}
	switch {
	case err != nil:
		s.cut(c, err)
		return
	case n == 0:
		s.charge(c.rx)
		return
	}
	s.discharge(c.rx)
	c.rx = nil
	defer o.release()
	c.conn.Lock()
	c.profile = c.profile.profileFor(nil, o.attempt.response.Subprotocol(), o.attempt.deflation(c.profile.compressor))
	c.conn.Unlock()
	s.open(c)
	o.attempt.finish(nil)
	c.profile.handler.OnOpen(c)
	s.feed(c, b[n:])
}
