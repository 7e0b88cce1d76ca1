package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// With context takeover, a message like one before it is next to nothing.
func TestContextTakeover(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{Compression: &engine.Compression{MinSize: 1, ContextTakeover: true}})
	p, answer := agree(t, s, browserOffer)
	if answer != "permessage-deflate" {
		t.Fatalf("answered %q", answer)
	}
	c := r.conn(t)
	message := fmt.Sprintf("%x", noise(1000)) // takes half of its length
	for i, most := range []int{1500, 60, 60} {
		c.Send(codec.Binary, []byte(message))
		if h, payload := p.rawFrame(); len(payload) > most || h.Rsv != 4 {
			t.Errorf("message %d took %d bytes, RSV %d", i, len(payload), h.Rsv)
		}
	}
}

// When the memory for contexts is spent, connections go without; it is free
// again when they end.
func TestContextMemory(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{Compression: &engine.Compression{
		ContextTakeover: true, WindowBits: 10, MaxContextMemory: 3 << 10,
	}})
	const kept, alone = "permessage-deflate; server_max_window_bits=10; client_max_window_bits=10",
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10"
	first, answer := agree(t, s, browserOffer)
	if answer != kept {
		t.Errorf("the first was answered %q", answer)
	}
	if _, answer := agree(t, s, browserOffer); answer != alone {
		t.Errorf("the second was answered %q", answer)
	}
	first.write(closing(1000, ""))
	first.expectClose(1000, "")
	first.Conn.Close()
	eventually(t, "its memory to be free", func() bool {
		_, answer := agree(t, s, browserOffer)
		return answer == kept
	})
}

// Messages refer to those before, in both directions and through all that may
// come in between.
func TestTakeoverBothWays(t *testing.T) {
	t.Parallel()
	o := &engine.Compression{MinSize: 20, ContextTakeover: true, WindowBits: 12}
	s := serve(t, echoing, engine.Options{Compression: o})
	got := make(chan string, 1)
	c := dial(t, s, messages(got), engine.DialOptions{Compression: o})
	for i := range 200 {
		m := strings.Repeat("x", i%50) + pattern(i*37%9000)
		switch i % 9 {
		case 3:
			m = noise(i * 11)
		case 5:
			m = pattern(70_000 + i)
		}
		if err := c.Send(codec.Binary, []byte(m)); err != nil {
			t.Fatal(err)
		}
		if back := receive(t, "an echo", got); back != m {
			t.Fatalf("message %d came back with %d bytes, want %d", i, len(back), len(m))
		}
	}
}
