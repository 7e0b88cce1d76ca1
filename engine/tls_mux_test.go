package engine_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// A route changes all of a connection but its TLS.
func TestTLSRoutes(t *testing.T) {
	t.Parallel()
	onLoopsAndWorkers(t, func(t *testing.T, workers int) {
		m := engine.NewMux()
		m.Handle("/chat/{room}", telling("chat"))
		m.Handle("/small", engine.Route{MaxMessage: 10, Compression: &engine.Compression{ContextTakeover: true}})
		s := serveTLS(t, echoing, engine.Options{Workers: workers, Mux: m, Compression: &engine.Compression{}})
		eachVersion(t, func(t *testing.T, client *tls.Config) {
			p, _ := connectTLS(t, s, client)
			p.write(strings.Replace(requestFor("/chat/blue"), "\r\n\r\n", "\r\n"+browserOffer+"\r\n\r\n", 1))
			if _, head := p.head(); !strings.Contains(head, `X-Found: chat "blue"`) || !strings.Contains(head, "permessage-deflate") {
				t.Fatalf("got %q", head)
			}
			p.decoder.Reset(&codec.Config{Role: codec.Client, MaxMessage: 1 << 20, Deflate: true})
			p.echoes(1, 300, 20_000)
			p.write(closing(codec.CloseNormal, ""))
			p.expectClose(codec.CloseNormal, "")
			p.expectEOF()

			p, _ = connectTLS(t, s, client)
			p.write(requestFor("/small"))
			p.upgraded()
			p.echoes(10)
			p.write(text(pattern(11)))
			if op, payload := p.next(); op != codec.Close || payload[0] != 1009>>8 || payload[1] != 1009&0xff {
				t.Errorf("opcode %d with %q for a message that is too large", op, payload)
			}

			p, _ = connectTLS(t, s, client)
			p.write(requestFor("/nowhere"))
			p.expectRefusal("404 Not Found")
		})
	})
}
