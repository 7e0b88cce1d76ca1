package engine_test

import (
	"errors"
	"net"
	"path/filepath"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// Those who make the server hold the most go first, and are told; the others
// go on, and in the end nothing is counted any more.
func TestMemoryOfMessages(t *testing.T) {
	t.Parallel()
	const limit = 4 << 20
	r := record(echoing)
	s := serve(t, r, engine.Options{Loops: 2, MaxMemory: limit, MaxMessage: 16 << 20})
	modest := open(t, s)
	modest.write(text(pattern(1000))[:500])
	var greedy []*peer
	for range 6 {
		p := open(t, s)
		p.write(text(pattern(2 << 20))[:1<<20])
		greedy = append(greedy, p)
	}
	for range 2 { // 6 times 1 MiB and more, of which 2 at least are too many
		if end := r.end(t); !errors.Is(end, engine.ErrMemory) || end.Code != codec.CloseTryAgainLater {
			t.Errorf("OnClose got %#v", end)
		}
	}
	eventually(t, "the memory to be within its limit", func() bool { return s.Stats().Memory <= limit })
	modest.write(text(pattern(1000))[500:])
	modest.expect(codec.Text, pattern(1000))
	if st := s.Stats(); st.MemoryShed < 2 || st.MemoryShed > 6 {
		t.Errorf("%d connections were ended", st.MemoryShed)
	}
	for _, p := range greedy {
		p.Close()
	}
	eventually(t, "nothing to be held", func() bool { return s.Stats().Memory == 0 })
}

// The same for those who do not read what is sent to them.
func TestMemoryOfUnsent(t *testing.T) {
	t.Parallel()
	const limit = 4 << 20
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{Loops: 2, MaxMemory: limit})
	reader := open(t, s)
	modest := r.conn(t)
	for range 8 {
		open(t, s)
		c := r.conn(t)
		for c.Buffered() < 700<<10 && c.Send(codec.Binary, make([]byte, 100<<10)) == nil {
		}
	}
	end := r.end(t)
	if !errors.Is(end, engine.ErrMemory) || end.Code != codec.CloseAbnormal {
		t.Errorf("OnClose got %#v", end)
	}
	eventually(t, "the memory to be within its limit", func() bool { return s.Stats().Memory <= limit })
	modest.SendText("still here")
	reader.expect(codec.Text, "still here")
}

// The loop looks at what other goroutines queue while it waits for peers that
// read nothing, even if no timer wakes it.
func TestMemoryOfSendsFromOutside(t *testing.T) {
	t.Parallel()
	const limit = 2 << 20
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket")) // TCP probes peers, which wakes loops
	if err != nil {
		t.Fatal(err)
	}
	r := record(engine.HandlerFuncs{})
	s := serveAt(t, l, r, engine.Options{MaxMemory: limit, IdleTimeout: -1, WriteTimeout: -1})
	var conns []*engine.Conn
	for range 8 {
		open(t, s)
		c := r.conn(t)
		for c.Buffered() == 0 {
			c.Send(codec.Binary, make([]byte, 32<<10))
		}
		conns = append(conns, c)
	}
	for range 2 { // ticks, after which the loop has seen all are blocked
		seen := make(chan struct{})
		engine.Post(conns[0], func() { close(seen) })
		receive(t, "a tick", seen)
	}
	for _, c := range conns {
		for c.Buffered() < 900<<10 && c.Send(codec.Binary, make([]byte, 32<<10)) == nil {
		}
	}
	if end := r.end(t); !errors.Is(end, engine.ErrMemory) {
		t.Errorf("OnClose got %#v", end)
	}
	eventually(t, "the memory to be within its limit", func() bool { return s.Stats().Memory <= limit })
}

func TestNoMemoryLimit(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{MaxMemory: -1, MaxMessage: 16 << 20})
	p := open(t, s)
	p.write(text(pattern(4 << 20)))
	p.expect(codec.Text, pattern(4<<20))
	eventually(t, "nothing to be held", func() bool { return s.Stats().Memory == 0 })
}

// A connection that has been ended, and only lingers, still holds what waits
// for its handler: that goes first if it is the most.
func TestMemoryOfLettersOfTheLingering(t *testing.T) {
	t.Parallel()
	const limit = 40 << 10
	g := newGate(t)
	s := serve(t, g, engine.Options{Loops: 1, Workers: 1, MaxMemory: limit, CloseTimeout: patience})
	g.block(t, s)
	lingers := open(t, s)
	lingers.write(text(pattern(20_000)) + "\x83\x80\x00\x00\x00\x00") // a reserved opcode
	lingers.expectClose(codec.ErrReservedOpcode.Code, codec.ErrReservedOpcode.Reason)
	modest := open(t, s)
	modest.write(text(pattern(16_000))[:12_000])
	eventually(t, "something to be dropped", func() bool { return s.Stats().MemoryShed > 0 && s.Stats().Memory <= limit })
	modest.write(text(pattern(16_000))[12_000:])
	g.release()
	modest.expect(codec.Text, pattern(16_000))
	if n := s.Stats().MemoryShed; n != 1 {
		t.Errorf("%d connections were ended, or lost what waited", n)
	}
}
