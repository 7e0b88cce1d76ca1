package engine_test

import (
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// What waits for a decision is counted, whether a worker has it or not, until
// there is one.
func TestMemoryOfUpgrades(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := serve(t, echoing, engine.Options{Workers: 1, Upgrade: d.upgrade, HandshakeTimeout: patience})
	var peers []*peer
	for range 2 {
		p := connect(t, s.addr)
		p.write(request + text(pattern(30_000)))
		peers = append(peers, p)
	}
	receive(t, "the hook to be asked", d.asked)
	eventually(t, "both to be counted", func() bool {
		st := s.Stats()
		return st.BytesIn > 2*uint64(len(request)) && st.Memory >= int64(st.BytesIn)
	})
	d.answer <- nil
	d.answer <- nil
	for _, p := range peers {
		p.upgraded()
		p.expect(codec.Text, pattern(30_000))
	}
	eventually(t, "nothing to be held", func() bool { return s.Stats().Memory == 0 })
}

// What was read behind a message that filled its mailbox is counted.
func TestMemoryBehindFullMailbox(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	s := serve(t, g, engine.Options{Workers: 1, Mailbox: 1})
	p, c := g.block(t, s)
	before := s.Stats().BytesIn
	p.write(text("fills it") + text(pattern(50_000)))
	eventually(t, "the rest to be counted", func() bool {
		st := s.Stats()
		return engine.Held(c) && st.BytesIn > before+100 && st.Memory >= int64(st.BytesIn-before)-100
	})
	g.release()
	for _, want := range []string{"block", "fills it", pattern(50_000)} {
		p.expect(codec.Text, want)
	}
	eventually(t, "nothing to be held", func() bool { return s.Stats().Memory == 0 })
}
