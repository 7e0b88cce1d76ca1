package engine_test

import (
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// A peer that reads nothing cannot have us hold what it does not read and a
// large message besides: that is read on once it has read.
func TestUnreadAndAMessage(t *testing.T) {
	t.Parallel()
	const most = 1<<20 + 64<<10
	r := record(echoing)
	s := serve(t, r, engine.Options{Loops: 1})
	p := open(t, s)
	c := r.conn(t)
	narrow(t, c)
	sent := 0
	for ; c.Buffered() < 300<<10; sent++ {
		if err := c.SendText(pattern(20 << 10)); err != nil {
			t.Fatal(err)
		}
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		p.write(text(pattern(1 << 20)))
	}()
	held := int64(0)
	for still, before := 0, uint64(0); still < 200; time.Sleep(time.Millisecond) { // until nothing more is read
		now := s.Stats()
		held = max(held, now.Memory)
		still++
		if now.BytesIn != before {
			still, before = 0, now.BytesIn
		}
	}
	if held > most {
		t.Errorf("%d bytes are held, want %d at most", held, most)
	}
	if n := s.Stats().MessagesIn; n != 0 {
		t.Errorf("%d messages were received meanwhile", n)
	}
	for range sent {
		p.expect(codec.Text, pattern(20<<10))
	}
	p.expect(codec.Text, pattern(1<<20))
	<-written
}
