package engine_test

import (
	"crypto/tls"
	"sync/atomic"
	"testing"

	"github.com/sockeye-ws/sockeye/engine"
)

// stopping gives a configuration whose GetConfigForClient waits, and tells that
// it does.
func stopping() (config *tls.Config, entered, leave chan bool, calls *atomic.Int32) {
	entered, leave, calls = make(chan bool, 1), make(chan bool), new(atomic.Int32)
	config = serverTLS().Clone()
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		if calls.Add(1) == 1 {
			entered <- true
			<-leave
		}
		return nil, nil
	}
	return config, entered, leave, calls
}

// A client that leaves while its handshake waits for others' leaves the queue:
// or that would grow as long as a hook takes its time, and others would wait
// for what nobody needs any more.
func TestTLSLeavesQueue(t *testing.T) {
	t.Parallel()
	config, entered, leave, calls := stopping()
	s := serveTLS(t, echoing, engine.Options{TLSConfig: config, HandshakeTimeout: patience, TLSHandshakes: 1})
	hello := helloOf(t)
	first := connect(t, s.addr)
	first.write(hello)
	receive(t, "the hook", entered)
	const many = 100
	var waiting []*peer
	for range many {
		p := connect(t, s.addr)
		p.write(hello)
		waiting = append(waiting, p)
	}
	eventually(t, "all to wait", func() bool { return engine.HandshakesWaiting(s.Server) == many })
	for i, p := range waiting {
		if i%2 == 0 { // also from the middle
			p.reset()
		}
	}
	eventually(t, "the others to wait alone", func() bool { return engine.HandshakesWaiting(s.Server) == many/2 })
	for i, p := range waiting {
		if i%2 == 1 {
			p.reset()
		}
	}
	eventually(t, "none to wait", func() bool { return engine.HandshakesWaiting(s.Server) == 0 && s.Stats().Connections == 1 })
	leave <- true
	p, _ := openTLS(t, s, clientTLS())
	p.echoes(10)
	if n := calls.Load(); n != 2 {
		t.Errorf("the hook was called %d times, for the first and the last it should be", n)
	}
}
