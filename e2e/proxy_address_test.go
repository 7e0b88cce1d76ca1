package e2e

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// All clients have the proxy's address, so that a limit for an address hits
// them together. Their own is in the header that the proxy sets, whatever they
// have sent in it.
func TestProxyHidesAddresses(t *testing.T) {
	withEachProxy(t, func(t *testing.T, b brand) {
		srv, addr := startTeller(t)
		b.start(t, addr, b.noChecks...).withEachWay(t, func(t *testing.T, w way) {
			o := w.dialOptions
			o.forwardedFor = "203.0.113.7"
			first := libraries[0].open(t, w.url, o)
			expect(t, first, message{true, []byte("from 127.0.0.1, forwarded for 127.0.0.1")})
			expectRefused(t, libraries[0], w.url, w.dialOptions, 429)
			if err := first.close(1000, ""); err != nil {
				t.Error(err)
			}
			awaitEmpty(t, srv)
		})
	})
}

// startTeller runs a server that allows an address one connection, and tells
// it where it comes from.
func startTeller(t *testing.T) (srv *engine.Server, addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tell := engine.HandlerFuncs{Open: func(c *engine.Conn) {
		host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
		_ = c.SendText(fmt.Sprintf("from %s, forwarded for %s", host, c.Data()))
	}}
	srv = engine.NewServer(tell, engine.Options{
		MaxConnsPerAddr: 1,
		Upgrade: func(r *handshake.Request) (engine.Accept, error) {
			return engine.Accept{Data: r.Header("X-Forwarded-For")}, nil
		},
	})
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-served
	})
	return srv, l.Addr().String()
}

// awaitEmpty waits until a server has no connections.
func awaitEmpty(t *testing.T, srv *engine.Server) {
	t.Helper()
	for deadline := time.Now().Add(patience); srv.Stats().Connections > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are left after %v", srv.Stats().Connections, patience)
		}
	}
}
