package engine_test

import (
	"errors"
	"testing"
	"time"

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

// A connection counts until its OnClose has returned, so that nobody can fill
// the memory with calls that wait for a slow handler.
func TestMaxConnsCountsUntilOnClose(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	s := serve(t, g, engine.Options{Workers: 1, MaxConns: 2, MaxConnsPerAddr: 2})
	g.block(t, s)
	p := open(t, s)
	p.write(text("waits") + closing(1000, ""))
	p.expectClose(1000, "")
	p.Close()
	eventually(t, "one connection to go", func() bool { return s.Stats().Connections == 1 })
	expectRefused(t, s, "HTTP/1.1 503 Service Unavailable")
	g.release()
	g.end(t)
	eventually(t, "the mailboxes to go", func() bool { return engine.Mailboxes(s.Server) == 0 })
	open(t, s)
	expectRefused(t, s, "HTTP/1.1 503 Service Unavailable")
}

// So does one that has gone before its upgrade was decided, but its request is
// dropped at once, unless a worker has it.
func TestMaxConnsCountsUpgrades(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := serve(t, echoing, engine.Options{Workers: 1, Upgrade: d.upgrade, MaxConns: 2, HandshakeTimeout: 200 * time.Millisecond})
	asked := connect(t, s.addr)
	asked.write(request)
	receive(t, "the hook to be asked", d.asked)
	alone := s.Stats().Memory
	waits := connect(t, s.addr)
	waits.write(request)
	eventually(t, "the other to wait", func() bool { return engine.Mailboxes(s.Server) == 2 })
	waits.expectCut()
	eventually(t, "both to go", func() bool { return s.Stats().Connections == 0 })
	if n := s.Stats().Memory; n > alone {
		t.Errorf("%d bytes are held, by one %d", n, alone)
	}
	expectRefused(t, s, "HTTP/1.1 503 Service Unavailable")
	d.answer <- nil
	eventually(t, "the mailboxes to go", func() bool { return engine.Mailboxes(s.Server) == 0 })
	d.answer <- nil
	open(t, s)
}

// What waits for handlers is dropped with the connections that are ended for
// it, and of those that have gone already. The others go on.
func TestShedMailboxes(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]string{"open": "", "gone": closing(1000, "")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const limit, greedy = 1 << 20, 30
			g := newGate(t)
			s := serve(t, g, engine.Options{Workers: 1, MaxMemory: limit, CloseTimeout: 200 * time.Millisecond})
			g.block(t, s)
			for range greedy {
				p, before := open(t, s), s.Stats()
				p.write(text(pattern(60_000)) + last)
				eventually(t, "it to be taken, or shed if it comes in parts", func() bool {
					st := s.Stats()
					return st.MessagesIn > before.MessagesIn || st.MemoryShed > before.MemoryShed
				})
				if last != "" {
					p.expectCut()
					p.Close()
				}
			}
			eventually(t, "some to be shed", func() bool {
				st := s.Stats()
				return st.Memory <= limit && st.MemoryShed > 0
			})
			for range 10 { // the modest, whom none of this may cost their connection
				p := open(t, s)
				p.write(fragment(codec.Text, false, pattern(500)))
				for range 3 { // the last comes after any relief that the fragment may cause
					p.write(frame(codec.Ping, "there?"))
					p.expect(codec.Pong, "there?")
				}
			}
			shed := s.Stats().MemoryShed
			if shed > greedy {
				t.Errorf("%d connections were shed, of %d greedy ones", shed, greedy)
			}
			g.release()
			ends := int(shed)
			if last != "" {
				ends = greedy
			}
			for range ends {
				if end := g.end(t); errors.Is(end, engine.ErrMemory) {
					shed--
				}
			}
			if shed != 0 {
				t.Errorf("OnClose was not told of %d", shed)
			}
		})
	}
}
