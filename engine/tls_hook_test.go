package engine_test

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/engine"
)

// A hook's context ends with its connection, so that one which honours it does
// not keep the handshaker from others.
func TestTLSHookContext(t *testing.T) {
	t.Parallel()
	hello := helloOf(t)
	for name, test := range map[string]struct {
		timeout time.Duration
		leave   func(*peer)
	}{
		"in time":          {2 * time.Second, (*peer).expectCut},
		"as its peer goes": {patience, (*peer).reset},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entered, left := make(chan bool, 1), make(chan error, 1)
			config := serverTLS().Clone()
			config.GetCertificate = func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
				entered <- true
				select {
				case <-h.Context().Done():
				case <-time.After(patience):
				}
				left <- h.Context().Err()
				return nil, h.Context().Err()
			}
			s := serveTLS(t, echoing, engine.Options{TLSConfig: config, HandshakeTimeout: test.timeout, TLSHandshakes: 1})
			p := connect(t, s.addr)
			p.write(hello)
			receive(t, "the hook", entered)
			test.leave(p)
			if err := receive(t, "the hook to return", left); err == nil {
				t.Error("the hook's context went on")
			}
			eventually(t, "all to be given back", func() bool {
				st := s.Stats()
				return st.Connections == 0 && st.Memory == 0 && st.TLSFailed == 1
			})
		})
	}
}

// While hooks that do not return have all handshakers, others are cut in time.
func TestTLSHooksKeepHandshakers(t *testing.T) {
	t.Parallel()
	config, entered, leave, calls := stopping()
	s := serveTLS(t, echoing, engine.Options{TLSConfig: config, HandshakeTimeout: 2 * time.Second, TLSHandshakes: 1})
	hello := helloOf(t)
	first := connect(t, s.addr)
	first.write(hello)
	receive(t, "the hook", entered)
	const many = 20
	var waiting []*peer
	for range many {
		p := connect(t, s.addr)
		p.write(hello)
		waiting = append(waiting, p)
	}
	first.expectCut()
	for _, p := range waiting {
		p.expectCut()
	}
	eventually(t, "all to be gone", func() bool {
		st := s.Stats()
		return st.Connections == 0 && st.TLSFailed == many+1 && engine.HandshakesWaiting(s.Server) == 0
	})
	leave <- true
	eventually(t, "all to be given back", func() bool { return s.Stats().Memory == 0 })
	if n := calls.Load(); n != 1 {
		t.Errorf("the hook was called %d times, for others than the first", n)
	}
}
