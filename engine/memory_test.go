package engine_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/pool"
)

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// What a header declares costs nothing; memory follows the bytes that come.
func TestDeclaredLengthsCostNothing(t *testing.T) {
	engine.Rest(t)
	const peers, limit = 100, 1 << 40
	s := serve(t, echoing, engine.Options{MaxMessage: limit})
	var all []*peer
	for range peers {
		all = append(all, open(t, s))
	}
	received := peers * uint64(len(request))
	send := func(b string) {
		for _, p := range all {
			p.write(b)
		}
		received += peers * uint64(len(b))
		eventually(t, "the bytes to be read", func() bool { return s.Stats().BytesIn == received })
	}
	lent, before := pool.Lent(), heap()
	send("\x82\xff\x00\x00\x01\x00\x00\x00\x00\x00" + string(mask[:])) // 2^40 bytes will follow
	if n := pool.Lent() - lent; n != 0 {
		t.Errorf("%d buffers are held for bytes that did not come", n)
	}
	send("first bytes")
	if n := pool.Lent() - lent; n != peers {
		t.Errorf("%d buffers are held for %d messages", n, peers)
	}
	if grown := int64(heap()-before) / peers; grown > 4<<10 {
		t.Errorf("each incomplete message holds %d bytes", grown)
	}
}

// After all kinds of traffic a connection that is idle holds no buffer.
func TestIdleConnectionHoldsNoBuffer(t *testing.T) {
	engine.Rest(t)
	s := serve(t, echoing, engine.Options{})
	open(t, s)
	lent := pool.Lent()
	p := connect(t, s.addr)
	p.write(request[:30])
	p.write(request[30:])
	p.upgraded()
	for _, sent := range []string{text("whole"), text(pattern(1 << 20)), fragment(codec.Text, false, "one,") + fragment(0, true, "two")} {
		p.write(sent[:len(sent)-1])
		p.write(sent[len(sent)-1:])
		p.next()
	}
	p.decoder.Release()
	eventually(t, "the buffers to be back", func() bool { return pool.Lent() == lent })
}

// Whoever pauses in a message for good is an idle peer as any other.
func TestHalfMessagesAreGivenBack(t *testing.T) {
	engine.Rest(t)
	r := record(echoing)
	s := serve(t, r, engine.Options{IdleTimeout: 50 * time.Millisecond, HandshakeTimeout: 50 * time.Millisecond})
	halfMessage := open(t, s)
	lent := pool.Lent()
	halfMessage.write(text(pattern(1000))[:500])
	halfRequest := connect(t, s.addr)
	halfRequest.write(request[:50])
	halfMessage.expectCut()
	halfRequest.expectCut()
	r.end(t)
	eventually(t, "the buffers to be back", func() bool { return pool.Lent() == lent })
}
