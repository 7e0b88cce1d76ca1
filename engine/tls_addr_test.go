package engine_test

import (
	"crypto/tls"
	"net"
	"testing"

	"github.com/sockeye-ws/sockeye/engine"
)

// Hooks may ask whose handshake it is, also later: certificates are chosen by the
// address if there is no name.
func TestTLSHooksKnowAddresses(t *testing.T) {
	t.Parallel()
	conns := make(chan net.Conn, 1)
	addrs := make(chan string, 2)
	config := serverTLS().Clone()
	config.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		addrs <- h.Conn.RemoteAddr().String()
		addrs <- h.Conn.LocalAddr().String()
		conns <- h.Conn
		return nil, nil
	}
	s := serveTLS(t, echoing, engine.Options{TLSConfig: config})
	p, tc := openTLS(t, s, clientTLS())
	if got := receive(t, "the client's address", addrs); got != tc.LocalAddr().String() {
		t.Errorf("the client is %s, not %s", got, tc.LocalAddr())
	}
	if got := receive(t, "the server's address", addrs); got != s.addr.String() {
		t.Errorf("the server is %s, not %s", got, s.addr)
	}
	p.Close()
	eventually(t, "it to be gone", func() bool { return s.Stats().Connections == 0 })
	if c := <-conns; c.RemoteAddr() == nil || c.LocalAddr() == nil {
		t.Error("there is no address at all")
	}
}
