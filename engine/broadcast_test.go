package engine_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// One connection that does not read is closed by itself, and no other misses
// anything.
func TestBroadcast(t *testing.T) {
	t.Parallel()
	const peers, casts = 100, 20
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{Loops: 2, MaxBuffered: 64 << 10, CloseTimeout: 50 * time.Millisecond, HandshakeTimeout: patience})
	open(t, s) // and never read from
	narrow(t, r.conn(t))
	var listening []*peer
	for range peers {
		listening = append(listening, open(t, s))
		r.conn(t)
	}
	half := connect(t, s.addr) // its handshake is not done: it gets nothing
	half.write(request[:10])
	for i := range casts {
		if err := s.Broadcast(codec.Prepare(codec.Binary, []byte(numbered(i, 50_000)))); err != nil {
			t.Fatal(err)
		}
		for _, p := range listening {
			p.expect(codec.Binary, numbered(i, 50_000))
		}
	}
	if got := r.end(t); got.Code != codec.ClosePolicyViolation || !errors.Is(got, engine.ErrBufferFull) {
		t.Errorf("who does not read: OnClose got %#v", got)
	}
	half.write(request[10:])
	half.upgraded()
	if got := s.Stats().Open; got != peers+1 {
		t.Errorf("%d connections are open, want %d", got, peers+1)
	}
}

// With many connections on one loop, broadcasts go out in slices, and still in
// order.
func TestBroadcastToManyKeepsOrder(t *testing.T) {
	t.Parallel()
	const clients, casts = 1100, 5
	s := serve(t, engine.HandlerFuncs{}, engine.Options{})
	var all sync.WaitGroup
	all.Add(clients * casts)
	for range clients {
		next := 0
		dial(t, s, engine.HandlerFuncs{Message: func(_ *engine.Conn, _ codec.Opcode, p []byte) {
			if want := fmt.Sprint(next); string(p) != want {
				t.Errorf("got %q, want %q", p, want)
			}
			next++
			all.Done()
		}}, engine.DialOptions{})
	}
	eventually(t, "all to be open", func() bool { return s.Stats().Open == clients })
	for i := range casts {
		if err := s.Broadcast(codec.Prepare(codec.Text, []byte(fmt.Sprint(i)))); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan bool)
	go func() { all.Wait(); close(done) }()
	receive(t, "all messages", done)
}

// Broadcasts that a busy loop cannot serve yet wait, up to a number.
func TestBroadcastsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	const limit = 1024
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{})
	p := open(t, s)
	c := r.conn(t)
	busy, release := make(chan bool), make(chan bool)
	engine.Post(c, func() { close(busy); <-release })
	receive(t, "the loop to be busy", busy)
	for i := range limit {
		if err := s.Broadcast(codec.Prepare(codec.Text, []byte(fmt.Sprint(i)))); err != nil {
			t.Fatalf("Broadcast %d: %v", i, err)
		}
	}
	if err := s.Broadcast(codec.Prepare(codec.Text, nil)); err != engine.ErrBufferFull {
		t.Errorf("Broadcast beyond the limit: %v", err)
	}
	sent := make(chan uint64, 1)
	engine.Post(c, func() { sent <- s.Stats().MessagesOut })
	close(release)
	if n := receive(t, "the loop", sent); n == limit {
		t.Error("the loop did nothing else before all broadcasts were sent")
	}
	for i := range limit {
		p.expect(codec.Text, fmt.Sprint(i))
	}
	eventually(t, "room for another", func() bool { return s.Broadcast(codec.Prepare(codec.Text, []byte("more"))) == nil })
	p.expect(codec.Text, "more")
}

func TestBroadcastMisuse(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{})
	if err := s.Broadcast(codec.Prepare(codec.Ping, nil)); err != engine.ErrNotMessage {
		t.Errorf("Broadcast of a ping: %v", err)
	}
}

// Broadcasts that a server's end leaves unserved do not count for ever.
func TestBroadcastsEndWithServer(t *testing.T) {
	t.Parallel()
	const limit = 1024
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{})
	open(t, s)
	busy, release := make(chan bool), make(chan bool)
	engine.Post(r.conn(t), func() { close(busy); <-release })
	receive(t, "the loop to be busy", busy)
	for range limit {
		s.Broadcast(codec.Prepare(codec.Text, nil))
	}
	down := make(chan error, 1)
	go func() { down <- s.Close() }()
	receive(t, "Close to begin", engine.Ending(s.Server))
	close(release)
	receive(t, "Close", down)
	for i := range limit + 1 {
		if err := s.Broadcast(codec.Prepare(codec.Text, nil)); err != nil {
			t.Fatalf("Broadcast %d after Close: %v", i, err)
		}
	}
}
