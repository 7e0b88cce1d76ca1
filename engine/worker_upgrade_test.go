package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
	"github.com/sockeye-ws/sockeye/pool"
)

// desk is an Options.Upgrade that takes its time: the test decides.
type desk struct {
	asked  chan *handshake.Request
	answer chan error
}

func newDesk() *desk { return &desk{make(chan *handshake.Request, 10), make(chan error, 10)} }

func (d *desk) upgrade(r *handshake.Request) (engine.Accept, error) {
	d.asked <- r
	err := <-d.answer
	return engine.Accept{Data: r.Path() + r.Header("X-Token")}, err
}

// The request stays as it is while others come and go, and what follows it is
// not lost, nor read beyond bounds.
func TestUpgradeMayBlock(t *testing.T) {
	t.Parallel()
	for _, split := range []int{0, 1, len(request) / 2} { // 0: the request comes whole
		d := newDesk()
		r := record(echoing)
		s := serve(t, r, engine.Options{Workers: 2, Upgrade: d.upgrade, HandshakeTimeout: patience})
		p := connect(t, s.addr)
		if split > 0 {
			p.write(request[:split])
			eventually(t, "the first part", func() bool { return s.Stats().BytesIn == uint64(split) })
		}
		whole := requestWith("X-Token: secret")
		if split > 0 {
			whole = request
		}
		const messages, size = 30, 100_000
		go p.Conn.Write([]byte(whole[split:] + strings.Repeat(text(pattern(size)), messages)))
		asked := receive(t, "the hook to be asked", d.asked)
		before := asked.Header("Sec-WebSocket-Key")
		other := connect(t, s.addr) // overwrites the loop's buffer
		other.write(strings.Replace(request, "dGhl", "AAAA", 1))
		receive(t, "the hook to be asked", d.asked)
		if got := asked.Header("Sec-WebSocket-Key"); got != before {
			t.Errorf("the request changed from %q to %q", before, got)
		}
		if in := s.Stats().BytesIn; in > 200_000 {
			t.Errorf("%d bytes were read before the answer", in)
		}
		d.answer <- nil
		d.answer <- nil
		p.upgraded()
		other.upgraded()
		for range messages {
			p.expect(codec.Text, pattern(size))
		}
	}
}

func TestUpgradeRefusesLate(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := serve(t, unused(t), engine.Options{Workers: 1, Upgrade: d.upgrade})
	p := connect(t, s.addr)
	p.write(request + text("not executed"))
	receive(t, "the hook to be asked", d.asked)
	d.answer <- handshake.Reject(401, "who are you?\n")
	p.expectRefusal("401 Unauthorized")
}

// Whoever ends a connection while its hook blocks, what the hook returns is
// dropped, and nothing is left.
func TestConnectionEndsDuringUpgrade(t *testing.T) {
	ends := map[string]struct {
		timeout time.Duration
		end     func(t *testing.T, s *running, p *peer)
	}{
		"the peer": {patience, func(t *testing.T, s *running, p *peer) { p.reset() }},
		"the deadline": {20 * time.Millisecond, func(t *testing.T, s *running, p *peer) {
			p.expectCut()
		}},
		"Shutdown": {patience, func(t *testing.T, s *running, p *peer) {
			go s.Shutdown(within(t, patience))
			if status, _ := p.head(); status != "HTTP/1.1 503 Service Unavailable" {
				t.Errorf("answered with %q", status)
			}
			p.Close()
		}},
		"Close": {patience, func(t *testing.T, s *running, p *peer) {
			s.Close()
			p.expectCut()
		}},
	}
	for name, test := range ends {
		t.Run(name, func(t *testing.T) {
			engine.Rest(t)
			d := newDesk()
			s := serve(t, unused(t), engine.Options{Workers: 1, Upgrade: d.upgrade, HandshakeTimeout: test.timeout})
			p := connect(t, s.addr)
			p.write(request + text("not executed"))
			receive(t, "the hook to be asked", d.asked)
			test.end(t, s, p)
			d.answer <- nil
			eventually(t, "the connection to go", func() bool { return s.Stats().Connections == 0 })
			eventually(t, "its mailbox to go", func() bool { return engine.Mailboxes(s.Server) == 0 })
			p.decoder.Release()
			s.Close()
			eventually(t, "the buffers to be back", func() bool { return pool.Lent() == 0 })
			if st := s.Stats(); st.Opened != 0 {
				t.Errorf("stats: %+v", st)
			}
		})
	}
}

// A connection whose deadline passes before a worker has time for it is not
// asked about any more.
func TestDeadlineBeforeUpgrade(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := serve(t, echoing, engine.Options{Workers: 1, Upgrade: d.upgrade, HandshakeTimeout: 50 * time.Millisecond})
	var peers []*peer
	for range 3 {
		p := connect(t, s.addr)
		p.write(request)
		peers = append(peers, p)
	}
	receive(t, "the hook to be asked", d.asked)
	for _, p := range peers {
		p.expectCut()
	}
	eventually(t, "the connections to go", func() bool { return s.Stats().Connections == 0 })
	d.answer <- nil
	eventually(t, "the mailboxes to go", func() bool { return engine.Mailboxes(s.Server) == 0 })
	if n := len(d.asked); n != 0 {
		t.Errorf("the hook was asked %d times for connections that were gone", n)
	}
}
