package engine_test

import (
	"crypto/tls"
	"io"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/engine"
)

// A client that reads what the server has to say, while its next step waits,
// has nothing go on before that, however much it has sent.
func TestTLSDrainedInHandshake(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan bool), make(chan bool)
	long := theAuthority().issue(serverName)
	for range 12 {
		long.Certificate = append(long.Certificate, make([]byte, 1<<20))
	}
	calls := 0 // there is one handshaker
	s := serveTLS(t, echoing, engine.Options{
		TLSConfig: &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if calls++; calls == 2 {
				entered <- true
				<-leave
			}
			return &long, nil
		}},
		TLSHandshakes: 1, HandshakeTimeout: patience, MaxMessageRate: 10, MaxBuffered: 64 << 20,
	})
	hello := helloOf(t)
	p, blocker := connect(t, s.addr), connect(t, s.addr)
	p.write(hello)
	eventually(t, "the socket to be full", func() bool { return s.Stats().Memory > 1<<20 })
	blocker.write(hello)
	receive(t, "the hook", entered)
	p.write("\x14\x03\x03\x00\x01\x01") // may come any time
	eventually(t, "the step to wait", func() bool { return engine.HandshakesWaiting(s.Server) == 1 })
	junk := "\x17\x03\x03\x40\x00" + string(make([]byte, 16<<10))
	go io.WriteString(p, strings.Repeat(junk, 20))
	eventually(t, "nothing more to be read", func() bool { return s.Stats().BytesIn > 64<<10 })
	if _, err := io.CopyN(io.Discard, p, 12<<20); err != nil {
		t.Fatal(err)
	}
	leave <- true
	p.expectCut()
	p.Close()
	blocker.Close()
	eventually(t, "both to be gone", func() bool { st := s.Stats(); return st.Connections == 0 && st.Memory == 0 })
}
