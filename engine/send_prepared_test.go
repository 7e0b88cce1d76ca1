package engine_test

import (
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// A broadcast is compressed once for all windows of a size, on no loop if it is
// large, and reaches everybody in order.
func TestBroadcastCompressed(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{Compression: &engine.Compression{MinSize: 100, ContextTakeover: true, MaxContextMemory: 1 << 16}})
	offers := []string{browserOffer, browserOffer, "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9", "X-None: at all"}
	var peers []*peer
	for _, offer := range offers {
		p, _ := agree(t, s, offer)
		peers = append(peers, p)
	}
	sizes := []int{50, 2000, 300_000, 60, 2000}
	for _, size := range sizes {
		m := codec.Prepare(codec.Text, []byte(pattern(size)))
		if err := s.Broadcast(m); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range peers {
		for _, size := range sizes {
			p.expect(codec.Text, pattern(size))
		}
	}
	eventually(t, "nothing to be held", func() bool { return s.Stats().Memory == 0 })
}

// The compressed form is shared: its bytes go out as they are.
func TestSendPreparedCompressedOnce(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{Compression: compressing})
	m := codec.Prepare(codec.Binary, []byte(pattern(100_000)))
	for range 3 {
		p, _ := agree(t, s, browserOffer)
		c := r.conn(t)
		if err := c.SendPrepared(m); err != nil {
			t.Fatal(err)
		}
		c.SendText("behind")
		h, payload := p.rawFrame()
		if !h.Fin || h.Rsv != 4 || string(payload) != string(m.Deflated(engine.DefaultCompressionLevel, 15).Payload()) {
			t.Errorf("%+v with %d bytes is not the shared frame", h, len(payload))
		}
		p.expect(codec.Text, "behind")
	}
}

// However many large messages come at once, on however many loops they are
// wanted first: few goroutines compress them, each once, and their order stays.
func TestPreparedBurst(t *testing.T) {
	t.Parallel()
	const loops, burst = 3, 8
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{Loops: loops, MaxBuffered: 16 << 20, Compression: compressing})
	var messages []*codec.Prepared
	for i := range burst {
		messages = append(messages, codec.Prepare(codec.Text, []byte(pattern(100_000+i))))
	}
	var peers []*peer
	var orders [][]*codec.Prepared
	release := func() {}
	for i := range burst * loops { // the loops have them in turn
		p, _ := agree(t, s, browserOffer)
		c := r.conn(t)
		if i == 0 {
			release = sync.OnceFunc(engine.HoldDeflaters(s.Server))
			defer release()
		}
		first := i / loops
		order := slices.Concat(messages[first:], messages[:first])
		for _, m := range order {
			if err := c.SendPrepared(m); err != nil {
				t.Fatal(err)
			}
		}
		peers, orders = append(peers, p), append(orders, order)
	}
	eventually(t, "each loop to wait for each message", func() bool {
		_, _, waits := engine.Deflaters(s.Server)
		return waits == burst*loops
	})
	running, waiting, _ := engine.Deflaters(s.Server)
	if most := (runtime.GOMAXPROCS(0) + 1) / 2; waiting != burst || running < 1 || running > most {
		t.Errorf("%d goroutines are to compress %d messages, want at most %d for %d", running, waiting, most, burst)
	}
	release()
	for i, p := range peers {
		for j, m := range orders[i] {
			want := m.Deflated(engine.DefaultCompressionLevel, 15).Payload()
			if h, got := p.rawFrame(); !h.Fin || h.Rsv != 4 || string(got) != string(want) {
				t.Fatalf("message %d of connection %d: %+v with %d bytes is not the shared frame", j, i, h, len(got))
			}
		}
	}
	eventually(t, "all goroutines to end", func() bool {
		running, waiting, waits := engine.Deflaters(s.Server)
		return running+waiting+waits == 0
	})
}
