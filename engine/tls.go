package engine

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// ListenAndServeTLS is [Server.ListenAndServe] for wss: see [Server.ServeTLS].
func (s *Server) ListenAndServeTLS(addr, certFile, keyFile string) error {
	config, err := s.tlsConfig(certFile, keyFile)
	if err != nil {
		return err
	}
	return s.listenAndServe(addr, config)
}

// ServeTLS is [Server.Serve] for wss. A server may serve both, ws at one
// listener and wss at another. Certificate and key are read from files, the
// certificate followed by those of its issuers; the names may be empty if
// Options.TLSConfig has certificates, or gives them.
//
// A handshake's costly part runs on goroutines of its own, of which there are
// Options.TLSHandshakes at most, afterwards the connection's loop does all
// that TLS needs. Connections beyond the limits of Options are ended at once:
// telling them why would take a handshake.
func (s *Server) ServeTLS(l net.Listener, certFile, keyFile string) error {
	config, err := s.tlsConfig(certFile, keyFile)
	if err != nil {
		l.Close()
		return err
	}
	return s.serve(l, config)
}

// tlsConfig completes Options.TLSConfig, as package net/http does.
func (s *Server) tlsConfig(certFile, keyFile string) (*tls.Config, error) {
	config := withALPN(s.settings.tls)
	if has := len(config.Certificates) > 0 || config.GetCertificate != nil || config.GetConfigForClient != nil; has && certFile == "" && keyFile == "" {
		return config, nil
	}
	certificate, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("engine: certificate: %w", err)
	}
	config.Certificates = []tls.Certificate{certificate}
	return config, nil
}

// withALPN gives a copy of config, or a new one, that names HTTP/1.1, and not
// HTTP/2, over which WebSocket is something else: a configuration may be shared
// with others that speak both.
func withALPN(config *tls.Config) *tls.Config {
	if config = config.Clone(); config == nil {
		config = new(tls.Config)
	}
	protocols := slices.DeleteFunc(slices.Clone(config.NextProtos), func(p string) bool { return p == "h2" })
	if !slices.Contains(protocols, "http/1.1") {
		protocols = append(protocols, "http/1.1")
	}
	config.NextProtos = protocols
	return config
}

// TLS gives the state of the connection's TLS: version, certificates, whatever
// was agreed on. It is nil if there is no TLS.
func (c *Conn) TLS() *tls.ConnectionState {
	c.conn.Lock()
	t := c.profile.tls
	established := t != nil && t.established
	c.conn.Unlock()
	if !established {
		return nil
	}
	state := t.conn.ConnectionState()
	return &state
}

// acceptor gives what a listener for wss does with a new connection; nil, for
// ws, if config is nil.
func acceptor(config *tls.Config) func(*loop.Loop, int) {
	if config == nil {
		return nil
	}
	return func(l *loop.Loop, fd int) {
		s := l.Events().(*sessions)
		s.take(fd, newTLSState(config), s.meet(fd), s.loop.Add)
	}
}

// notTLS is the answer to a client that does not speak TLS but HTTP, as package
// net/http gives it.
const notTLS = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"

// speaksHTTP tells that a handshake failed with err because the peer speaks
// plain HTTP.
func speaksHTTP(err error) bool {
	header, ok := errors.AsType[tls.RecordHeaderError](err)
	if !ok || header.Conn == nil {
		return false
	}
	switch string(header.RecordHeader[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO":
		return true
	}
	return false
}
