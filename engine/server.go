package engine

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"slices"
	"sync"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// Server is a WebSocket server. Its methods may be called from any goroutine.
type Server struct {
	settings  *settings
	routes    *routes // nil: all paths lead to the same handler
	admission *admission
	proxies   *proxies // nil: no peer is one
	budget    budget
	loops     int
	system    loop.System
	shakers   *handshakers

	mu      sync.Mutex
	group   *group        // nil before the first use
	closing chan struct{} // closed by Shutdown and Close, and when a loop fails
	failure error         // of a loop; set before closing is closed, or nil
	casting pending       // broadcasts under way
	workers *workers      // as long as group; nil if handlers run on the loops
	plain   *plain        // likewise; nil without Options.HTTP
	http    http.Handler
	maxHTTP int
}

// NewServer makes a server whose connections h handles. h may be nil if o.Mux,
// o.Upgrade or o.UpgradeConn gives each a handler: who gets none is refused with
// 500; or with 404, if there is but o.HTTP, or no Serve at all. Otherwise Serve
// returns [ErrNoHandler]. It has no loops and opens no sockets before the first
// Serve or Dial. What o refers to must not change afterwards.
func NewServer(h Handler, o Options) *Server {
	set := o.settings(h)
	return &Server{
		settings: set, routes: o.routes(set, h), admission: newAdmission(set, &o), proxies: o.Proxies.policy(), budget: budget{limit: o.memory()},
		http: o.HTTP, maxHTTP: orDefault(o.MaxHTTPConns, DefaultMaxHTTPConns),
		loops: o.Loops, system: loop.OS, closing: make(chan struct{}),
		shakers: newHandshakers(o.TLSHandshakes),
	}
}

// ListenAndServe listens at a TCP address such as ":8080" and serves until
// Shutdown or Close; it then returns [ErrServerClosed]. On Linux each loop has
// a listening socket of its own, over which the system spreads connections.
func (s *Server) ListenAndServe(addr string) error { return s.listenAndServe(addr, nil) }

// listenAndServe serves wss if config is not nil.
func (s *Server) listenAndServe(addr string, config *tls.Config) error {
	g, err := s.startServing()
	if err != nil {
		return err
	}
	if !loop.Balances || len(g.sessions) == 1 {
		l, err := listenTCP(addr, false)
		if err != nil {
			return err
		}
		return s.serve(l, config)
	}
	listeners, err := listenEach(addr, len(g.sessions))
	if err != nil {
		return err
	}
	return s.wait(g.listenAll(listeners, acceptor(config)))
}

// Serve serves connections to l, a *net.TCPListener or *net.UnixListener (or
// another with a SyscallConn method), until Shutdown or Close; it then returns
// [ErrServerClosed]. It takes the socket over, and closes l when it returns,
// whatever it returns; so the path of a Unix socket is removed then, unless
// l was told otherwise (SetUnlinkOnClose). One loop accepts and deals the
// connections out to all: it would block if somebody made the socket blocking
// meanwhile, as Fd of l's File does.
//
// A server may serve any number of listeners, of any kinds, each by a call from
// a goroutine of its own. One that fails does not concern the others; but should
// an event loop fail, which takes the system to refuse waiting for sockets, the
// server shuts down, within ShutdownSpread and CloseTimeout, and all return why.
// Package engine/listen has listeners for Unix sockets with permissions, for
// systemd, and for restarts that refuse no connection.
func (s *Server) Serve(l net.Listener) error { return s.serve(l, nil) }

// serve serves wss if config is not nil.
func (s *Server) serve(l net.Listener, config *tls.Config) error {
	defer l.Close()
	g, err := s.startServing()
	if err != nil {
		return err
	}
	deal := func() *loop.Loop { return g.next().loop }
	_, err = g.next().listen(l, deal, acceptor(config))
	return s.wait(err)
}

// wait waits for the server's end, and tells what it was. err is that of
// listening, which counts if the server has not ended.
func (s *Server) wait(err error) error {
	if err != nil && !s.ending() {
		return err
	}
	<-s.closing
	if s.failure == nil {
		return ErrServerClosed
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.settings.shutdownSpread+s.settings.closeTimeout)
	defer cancel()
	s.Shutdown(ctx)
	return s.failure
}

// fail ends the server, as one of its loops has failed: the others shut down.
// The loop does not wait for that, nor for who starts the others.
func (s *Server) fail(err error) {
	go func() {
		label(roleShutdown)
		s.stopAccepting(err)
		s.wait(nil) // perhaps nobody else does
	}()
}

// startServing gives the loops, unless connections would have no handler.
func (s *Server) startServing() (*group, error) {
	profiles := s.settings.profiles[:1]
	switch {
	case s.routes != nil:
		profiles = s.routes.profiles
	case s.http != nil:
		profiles = nil
	}
	if slices.ContainsFunc(profiles, (*profile).unhandled) {
		return nil, ErrNoHandler
	}
	return s.start()
}

// start gives the loops, running.
func (s *Server) start() (_ *group, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending() {
		return nil, cmp.Or(s.failure, ErrServerClosed)
	}
	if s.group == nil {
		loop.ReserveDescriptors(s.admission.descriptors())
		s.workers = startWorkers(s.settings.workers)
		g, err := newGroup(s.system, s.loops, s)
		if err != nil {
			s.workers.stop()
			return nil, err
		}
		s.plain = startPlain(s)
		g.start(s.settings.logger)
		s.group = g
	}
	return s.group, nil
}

// stopAccepting makes all Serves return, because of a failure if it is not nil,
// and gives the loops if there are any.
func (s *Server) stopAccepting(failure error) *group {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ending() {
		s.failure = failure
		close(s.closing)
	}
	return s.group
}

// ending tells that the server has begun to end.
func (s *Server) ending() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// Shutdown ends the server gracefully: it stops accepting, closes every
// connection with 1001, over Options.ShutdownSpread, and waits until what was
// sent has arrived and the peers have answered. Handshakes under way have until
// the end of the spread, and are then refused with 503. Those still there when
// ctx ends are cut, and its error is returned. The loops have ended when
// Shutdown returns. It must not be called from a handler, which would wait for
// itself.
//
// With Options.Workers it also waits, up to ctx's end, for handlers to return.
// One that does not return cannot be stopped: it goes on, its Sends fail with
// [ErrClosed], and what waits behind it, OnClose at the last, is called if it
// returns after all. So a handler that calls Shutdown waits until ctx ends.
// Requests that Options.HTTP has are waited for in the same way.
func (s *Server) Shutdown(ctx context.Context) error {
	g := s.stopAccepting(nil)
	if g == nil {
		return nil
	}
	// All that was accepted must be with its loop before the first drains.
	select {
	case <-g.all(func(s *sessions, done func()) { s.loop.CloseListeners(); done() }):
	case <-ctx.Done():
	}
	drained := g.all((*sessions).drain)
	served := s.plain.shutdown(ctx, g.all((*sessions).afterPassing))
	var err error
	select {
	case <-drained:
	case <-ctx.Done():
		err = ctx.Err()
	}
	g.stop()
	<-drained
	s.workers.stop()
	err = cmp.Or(err, <-served)
	if err == nil {
		err = s.workers.wait(ctx)
	}
	return err
}

// Close ends the server and cuts every connection at once. Like Shutdown, it
// must not be called from a handler that runs on a loop. It does not wait for
// handlers that run on workers: they may go on, as after a Shutdown whose ctx
// has ended, and OnClose may still come.
func (s *Server) Close() error {
	if g := s.stopAccepting(nil); g != nil {
		s.plain.close()
		g.stop()
		s.workers.stop()
	}
	return nil
}

// Stats gives the server's counters.
func (s *Server) Stats() (st Stats) {
	s.mu.Lock()
	g := s.group
	s.mu.Unlock()
	if g != nil {
		st.HTTP = s.plain.count()
		for _, se := range g.sessions {
			st.add(se)
		}
	}
	st.MemoryShed = s.budget.shed.Load()
	return st
}
