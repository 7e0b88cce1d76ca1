package engine_test

import (
	"crypto/tls"
	"net"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// A client that ends its stream behind its messages gets their answers, also
// if its handshake is not over yet.
func TestTLSEndsDuringHandshake(t *testing.T) {
	t.Parallel()
	onLoopsAndWorkers(t, func(t *testing.T, workers int) {
		entered, leave := make(chan bool, 10), make(chan bool)
		config := serverTLS().Clone()
		config.ClientAuth = tls.RequireAnyClientCert
		config.VerifyConnection = func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) > 0 && state.PeerCertificates[0].Subject.CommonName == "late" {
				entered <- true
				<-leave
			}
			return nil
		}
		s := serveTLS(t, echoing, engine.Options{TLSConfig: config, HandshakeTimeout: patience, Workers: workers, TLSHandshakes: 2})
		client := clientTLS()
		client.Certificates = []tls.Certificate{theAuthority().issue("neighbour")}
		neighbour, _ := openTLS(t, s, client)

		client = clientTLS()
		client.Certificates = []tls.Certificate{theAuthority().issue("late")}
		p := connect(t, s.addr)
		raw := p.Conn.(*net.TCPConn)
		p, tc, err := p.over(client)
		if err != nil {
			t.Fatal(err)
		}
		receive(t, "the hook", entered)
		p.write(request + text("one"))
		p.write(text("two"))
		if workers == 0 {
			tc.CloseWrite()
		}
		raw.CloseWrite()
		neighbour.echoes(10, 10) // until then the end has come
		leave <- true
		p.upgraded()
		p.expect(codec.Text, "one")
		p.expect(codec.Text, "two")
		p.expectEOF()
	})
}
