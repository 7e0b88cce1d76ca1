package engine_test

import (
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// expectRefused does a handshake that must fail with a status.
func expectRefused(t *testing.T, s *running, want string) {
	t.Helper()
	p := connect(t, s.addr)
	p.write(request)
	if status, _ := p.head(); status != want {
		t.Errorf("got %q, want %q", status, want)
	}
	p.Close()
}

func TestMaxConns(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serve(t, r, engine.Options{MaxConns: 3, Loops: 2})
	var peers []*peer
	for range 3 {
		peers = append(peers, open(t, s))
	}
	for range 5 {
		expectRefused(t, s, "HTTP/1.1 503 Service Unavailable")
	}
	for _, p := range peers {
		p.write(text("still here"))
		p.expect(codec.Text, "still here")
	}
	peers[0].Close()
	r.end(t)
	open(t, s)
	expectRefused(t, s, "HTTP/1.1 503 Service Unavailable")
}

// A connection counts from accept on: whoever keeps silent is one of them.
func TestMaxConnsCountsHandshakes(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{MaxConns: 1})
	silent := connect(t, s.addr)
	eventually(t, "the connection to be accepted", func() bool { return s.Stats().Connections == 1 })
	expectRefused(t, s, "HTTP/1.1 503 Service Unavailable")
	silent.write(request)
	silent.upgraded()
}

// Far beyond the limit connections are ended without waiting for a request, so
// that they too are bounded.
func TestMaxConnsSurplus(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{MaxConns: 1, HandshakeTimeout: patience})
	open(t, s)
	var silent []*peer
	for range engine.MaxSurplus {
		silent = append(silent, connect(t, s.addr))
	}
	eventually(t, "the surplus to be accepted", func() bool { return s.Stats().Connections == 1+engine.MaxSurplus })
	connect(t, s.addr).expectEOF()
	if n := s.Stats().Shed; n != 1 {
		t.Errorf("%d were ended at once, want 1", n)
	}
	silent[0].Close()
	eventually(t, "one of them to go", func() bool { return s.Stats().Connections == engine.MaxSurplus })
	expectRefused(t, s, "HTTP/1.1 503 Service Unavailable")
}

func TestMaxConnsPerAddr(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serve(t, r, engine.Options{MaxConnsPerAddr: 2, Loops: 2})
	first := open(t, s)
	open(t, s)
	expectRefused(t, s, "HTTP/1.1 429 Too Many Requests")
	first.Close()
	r.end(t)
	open(t, s)
	expectRefused(t, s, "HTTP/1.1 429 Too Many Requests")
}

func TestMaxConnRatePerAddr(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{MaxConnRatePerAddr: 1})
	taken := func() bool {
		p := connect(t, s.addr)
		defer p.Close()
		p.write(request)
		status, _ := p.head()
		switch status {
		case "HTTP/1.1 101 Switching Protocols":
			return true
		case "HTTP/1.1 429 Too Many Requests":
		default:
			t.Errorf("answered with %q", status)
		}
		return false
	}
	if !taken() {
		t.Error("the first connection was refused")
	}
	eventually(t, "one too many to be refused", func() bool { return !taken() })
	eventually(t, "the right to connect to come back", taken)
}
