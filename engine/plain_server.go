package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// plain serves ordinary requests: it is the listener, and the handler, of a
// net/http server, whose connections come from the loops. A nil one serves
// nothing.
type plain struct {
	owner  *Server
	server http.Server
	open   atomic.Int64 // connections, those that have arrived included
	served chan struct{}
	unread sync.WaitGroup // connections whose first request net/http has not read yet

	mu      sync.Mutex
	closed  bool
	arrived chan *plainConn // has room for all that may be open
}

func startPlain(s *Server) *plain {
	if s.http == nil {
		return nil
	}
	p := &plain{owner: s, served: make(chan struct{}), arrived: make(chan *plainConn, s.maxHTTP)}
	set := s.settings
	p.server = http.Server{
		Handler:           p,
		ReadHeaderTimeout: set.handshakeTimeout,
		ReadTimeout:       set.idleTimeout,
		WriteTimeout:      set.idleTimeout,
		IdleTimeout:       set.idleTimeout,
		MaxHeaderBytes:    set.maxHead(),
		ErrorLog:          slog.NewLogLogger(set.logger.Handler(), slog.LevelError),
		ConnContext:       withConn,
		ConnState:         noteState,
	}
	go func() {
		label(roleHTTP)
		defer close(p.served)
		p.server.Serve(p)
	}()
	return p
}

// connKey is the key in a request's context of the *plainConn it came on.
type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c.(handedOver).passed())
}

func noteState(c net.Conn, state http.ConnState) {
	if state != http.StateNew && state != http.StateActive {
		c.(handedOver).passed().begin()
	}
}

// ServeHTTP answers a request. Later ones on the same connection may be
// handshakes.
func (p *plain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(connKey{}).(*plainConn)
	c.begin()
	if wantsWebSocket(r) {
		p.owner.ServeHTTP(w, r)
		return
	}
	if client, ok := p.owner.proxies.identify(c.from, r.Header.Values); ok {
		r.RemoteAddr = client.String()
	}
	p.owner.http.ServeHTTP(w, r)
}

// reserve takes a place for a connection that will be passed.
func (p *plain) reserve() bool {
	if p.open.Add(1) > int64(cap(p.arrived)) {
		p.open.Add(-1)
		return false
	}
	return true
}

func (p *plain) count() int64 {
	if p == nil {
		return 0
	}
	return p.open.Load()
}

// pass brings a connection for which a place was reserved. It never blocks.
func (p *plain) pass(c *plainConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		loop.OS.Close(c.fd)
		c.leave()
		return
	}
	p.unread.Add(1)
	c.begin = sync.OnceFunc(p.unread.Done)
	p.arrived <- c
}

// Accept gives the next connection.
func (p *plain) Accept() (net.Conn, error) {
	for c := range p.arrived {
		nc, err := c.attach()
		if err == nil {
			return nc, nil
		}
		c.begin()
		if !errors.Is(err, syscall.ENOTCONN) {
			p.owner.settings.logger.Error("engine: a connection cannot be passed to net/http", "error", err)
		}
	}
	return nil, net.ErrClosed
}

// Close ends Accept, after what has arrived.
func (p *plain) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.closed = true
		close(p.arrived)
	}
	return nil
}

// Addr gives none: there is no socket.
func (p *plain) Addr() net.Addr { return new(net.TCPAddr) }

// shutdown ends p gracefully, and cuts what is left when ctx ends. All that was
// passed must be the net/http server's before, and be read, or it would be cut.
func (p *plain) shutdown(ctx context.Context, passed <-chan struct{}) <-chan error {
	ended := make(chan error, 1)
	if p == nil {
		close(ended)
		return ended
	}
	go func() {
		label(roleShutdown)
		select {
		case <-passed:
		case <-ctx.Done():
		}
		p.Close()
		<-p.served
		p.unread.Wait() // not for a peer: the whole head is there
		err := p.server.Shutdown(ctx)
		if err != nil {
			p.server.Close()
		}
		ended <- err
	}()
	return ended
}

// close cuts all connections, and does not wait for handlers.
func (p *plain) close() {
	if p == nil {
		return
	}
	p.Close()
	<-p.served
	p.server.Close()
}

// plainConn is a connection that a loop had before: what was read there comes
// first.
type plainConn struct {
	stream
	fd     int       // until attach
	tls    *tlsState // of the stream; or nil
	before []byte
	from   remote
	owner  *plain
	addr   *address // that it counts for
	begin  func()   // tells that net/http has read a request, or never will; nil before pass
	left   sync.Once
}

// leave gives c's place back.
func (c *plainConn) leave() {
	c.left.Do(func() {
		c.owner.open.Add(-1)
		c.owner.owner.vacate(c.addr)
	})
}

// moveOn gives back c's place at net/http; that within the server's limits goes
// along.
func (c *plainConn) moveOn() { c.left.Do(func() { c.owner.open.Add(-1) }) }

// stream is a *net.TCPConn or *net.UnixConn, or a *tls.Conn over one.
type stream interface {
	net.Conn
	CloseWrite() error
}

// plainTLSConn is a plainConn for net/http to see that it has TLS. It is no
// *tls.Conn, as part of what came is decrypted already.
type plainTLSConn struct{ *plainConn }

// ConnectionState becomes the TLS field of requests.
func (c plainTLSConn) ConnectionState() tls.ConnectionState { return c.tls.conn.ConnectionState() }

// attach makes a connection of package net of the descriptor.
func (c *plainConn) attach() (net.Conn, error) {
	f := os.NewFile(uintptr(c.fd), "")
	defer f.Close() // the connection has its own
	nc, err := net.FileConn(f)
	if err != nil {
		c.leave()
		return nil, err
	}
	if c.tls == nil {
		c.stream = nc.(stream)
		return c, nil
	}
	c.tls.socket.Conn, c.stream = nc, c.tls.conn
	return plainTLSConn{c}, nil
}

// RemoteAddr gives the client's address, as [Conn.RemoteAddr] does.
func (c *plainConn) RemoteAddr() net.Addr {
	if from, ok := c.from.told(); ok {
		return net.TCPAddrFromAddrPort(from)
	}
	return c.stream.RemoteAddr()
}

// handedOver is a plainConn, or has one in it.
type handedOver interface{ passed() *plainConn }

func (c *plainConn) passed() *plainConn { return c }

func (c *plainConn) Read(p []byte) (n int, err error) {
	if len(c.before) == 0 {
		return c.stream.Read(p)
	}
	n = copy(p, c.before)
	if c.before = c.before[n:]; len(c.before) == 0 {
		c.before = nil // it is not needed for as long as the connection
	}
	return n, nil
}

func (c *plainConn) Close() error {
	err := c.stream.Close()
	c.leave()
	return err
}
