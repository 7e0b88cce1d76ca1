package engine_test

import (
	"testing"

	"github.com/sockeye-ws/sockeye/engine"
)

// A configuration that is also for HTTP/2 is one for WebSockets over HTTP/1.1.
func TestTLSProtocols(t *testing.T) {
	t.Parallel()
	for _, protocols := range [][]string{{"h2", "http/1.1"}, {"h2"}, {"http/1.1", "acme-tls/1"}} {
		server, client := serverTLS().Clone(), clientTLS()
		server.NextProtos, client.NextProtos = protocols, []string{"h2", "http/1.1"}
		s := serveTLS(t, echoing, engine.Options{TLSConfig: server})
		p, tc := openTLS(t, s, client)
		p.echoes(10)
		if got := tc.ConnectionState().NegotiatedProtocol; got != "http/1.1" {
			t.Errorf("%q: agreed on %q", protocols, got)
		}
		c, err := engine.Dial(within(t, patience), s.wss(), engine.HandlerFuncs{}, engine.DialOptions{TLSConfig: client})
		if err != nil {
			t.Fatal(err)
		}
		c.Abort()
		if len(server.NextProtos) != len(protocols) {
			t.Errorf("the configuration was changed to %q", server.NextProtos)
		}
	}
}
