package engine_test

import (
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

var compressing = &engine.Compression{MinSize: 1}

// A large message goes out in compressed fragments, which are one message to
// the standard library as well, and with it what comes behind.
func TestLargeMessageInFragments(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{Compression: compressing})
	p, _ := agree(t, s, browserOffer)
	c := r.conn(t)
	const size = 300_000
	if err := c.Send(codec.Text, []byte(pattern(size))); err != nil {
		t.Fatal(err)
	}
	c.SendText("behind")
	c.Close(3000, "done")
	var all []byte
	fragments := 0
	for fin := false; !fin; fragments++ {
		h, payload := p.rawFrame()
		wantOp, wantRsv := codec.Continuation, byte(0)
		if fragments == 0 {
			wantOp, wantRsv = codec.Text, 4
		}
		if h.OpCode != wantOp || h.Rsv != wantRsv {
			t.Fatalf("fragment %d: %+v", fragments, h)
		}
		all, fin = append(all, payload...), h.Fin
	}
	if got := inflate(t, all); got != pattern(size) || fragments < 4 {
		t.Errorf("%d bytes in %d fragments, want %d", len(got), fragments, size)
	}
	p.expect(codec.Text, "behind")
	p.expectClose(3000, "done")
}

// Large and small messages, sent from many goroutines, arrive whole and each
// sender's in order; pings are answered in between.
func TestFragmentsKeepOrder(t *testing.T) {
	for name, takeover := range map[string]bool{"alone": false, "context takeover": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const senders, each = 5, 12
			r := record(engine.HandlerFuncs{})
			s := serve(t, r, engine.Options{MaxBuffered: 1 << 30, Compression: &engine.Compression{MinSize: 1, ContextTakeover: takeover}})
			got := make(chan string, senders*each)
			dial(t, s, messages(got), engine.DialOptions{Compression: &engine.Compression{ContextTakeover: takeover}})
			c := r.conn(t)
			sizes := []int{20, 150_000, 30, 70_000, 5000}
			var wg sync.WaitGroup
			for i := range senders {
				wg.Go(func() {
					for n := range each {
						m := string(rune('a'+i)) + string(rune('a'+n)) + pattern(sizes[(i+n)%len(sizes)])
						if err := c.SendText(m); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			next := [senders]int{}
			for range senders * each {
				m := receive(t, "a message", got)
				i, n := int(m[0]-'a'), int(m[1]-'a')
				if n != next[i] || m[2:] != pattern(sizes[(i+n)%len(sizes)]) {
					t.Fatalf("sender %d: message %d with %d bytes, want message %d", i, n, len(m), next[i])
				}
				next[i]++
			}
			eventually(t, "nothing to be held", func() bool { return s.Stats().Memory == 0 })
		})
	}
}

// While a large message is compressed, a neighbour on the same loop has its echoes.
func TestLargeMessageDoesNotStall(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) { c.Send(op, p) }})
	s := serve(t, r, engine.Options{Loops: 1, MaxBuffered: 64 << 20, Compression: compressing})
	got := make(chan string, 1)
	dial(t, s, messages(got), engine.DialOptions{Compression: compressing, MaxMessage: 32 << 20})
	c := r.conn(t)
	neighbour := open(t, s)
	size := 10              // MiB
	if engine.RaceEnabled { // all takes longer then
		size = 2
	}
	message := strings.Repeat(pattern(1<<20), size)
	if err := c.SendText(message); err != nil {
		t.Fatal(err)
	}
	echoes := 0
	for ; c.Buffered() > 0 && echoes < 4; echoes++ {
		neighbour.write(text("quick"))
		neighbour.expect(codec.Text, "quick")
	}
	if echoes < 4 {
		t.Errorf("the neighbour had %d echoes while the large message was sent", echoes)
	}
	if m := receive(t, "the message", got); m != message {
		t.Errorf("%d bytes arrived, want %d", len(m), len(message))
	}
}

// A peer that sends large messages without reading gets all its echoes, once
// it reads, and is not closed for it: it is not heard as long as much waits.
func TestLargeEchoesReadLate(t *testing.T) {
	for name, workers := range map[string]int{"on the loop": 0, "on workers": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const n, size = 10, 250_000
			s := serve(t, echoing, engine.Options{Workers: workers, Compression: compressing})
			p, _ := agree(t, s, browserOffer)
			written := make(chan error, 1)
			go func() {
				var err error
				for i := range n {
					if err == nil {
						_, err = io.WriteString(p.Conn, compressed(codec.Binary, numbered(i, size)))
					}
				}
				written <- err
			}()
			for i := range n {
				p.expect(codec.Binary, numbered(i, size))
			}
			if err := receive(t, "writing", written); err != nil {
				t.Error(err)
			}
		})
	}
}

// A peer is not heard before its last echo is all but sent, however much memory
// the rest of that takes: bombs would make a kilobyte pin megabytes.
func TestEchoesOfBombsHoldLittle(t *testing.T) {
	t.Parallel()
	const n, size = 4, 256 << 10
	var server atomic.Pointer[running]
	var most atomic.Int64
	s := serve(t, engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) {
		c.Send(op, p)
		most.Store(max(most.Load(), server.Load().Stats().Memory))
	}}, engine.Options{Loops: 1, MaxMessage: size, MaxBuffered: size, Compression: compressing})
	server.Store(s)
	p, _ := agree(t, s, browserOffer)
	bomb := strings.Repeat("\x00", size)
	p.write(strings.Repeat(compressed(codec.Binary, bomb), n))
	for range n {
		p.expect(codec.Binary, bomb)
	}
	if got := most.Load(); got < size || got > 2*size+64<<10 {
		t.Errorf("%d bytes were held, want one message and its echo", got)
	}
}

// A message that was handled is not held while its peer does not read the
// reply, nor is what has come behind it inflated.
func TestUnreadReplyHoldsNothingElse(t *testing.T) {
	t.Parallel()
	const size, n = 512 << 10, 2
	reply := []byte(noise(2 * size)) // more than sockets take
	handled := make(chan struct{}, n)
	r := record(engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, _ []byte) {
		c.Send(op, reply)
		handled <- struct{}{}
	}})
	s := serve(t, r, engine.Options{Compression: compressing})
	p, _ := agree(t, s, browserOffer)
	c := r.conn(t)
	narrow(t, c)
	p.write(strings.Repeat(compressed(codec.Binary, strings.Repeat("\x00", size)), n))
	receive(t, "a message", handled)
	after := make(chan struct{})
	engine.Post(c, func() { close(after) })
	receive(t, "the loop to be done with the message", after)
	if held := s.Stats().Memory; held > int64(len(reply)+size/2) {
		t.Errorf("%d bytes are held for a reply of %d", held, len(reply))
	}
	if len(handled) > 0 || !engine.Held(c) {
		t.Errorf("%d more messages were inflated; held %v", len(handled), engine.Held(c))
	}
	for range n {
		p.expect(codec.Binary, string(reply))
	}
}

// What is under way in pieces ends with its connection, however that ends.
func TestEndsInTheMiddleOfFragments(t *testing.T) {
	ends := map[string]func(p *peer, c *engine.Conn){
		"peer closes":    func(p *peer, c *engine.Conn) { p.write(closing(1000, "")) },
		"peer is gone":   func(p *peer, c *engine.Conn) { p.reset() },
		"peer violates":  func(p *peer, c *engine.Conn) { p.write("\x83\x80\x00\x00\x00\x00") },
		"Abort":          func(p *peer, c *engine.Conn) { c.Abort() },
		"Close, Abort":   func(p *peer, c *engine.Conn) { c.Close(1000, ""); c.Abort() },
		"both close":     func(p *peer, c *engine.Conn) { c.Close(3000, ""); p.write(closing(1000, "")) },
		"closes, leaves": func(p *peer, c *engine.Conn) { p.write(closing(1000, "")); p.reset() },
	}
	size := 2 << 20
	if engine.RaceEnabled { // which is slow then
		size = 300_000
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := record(engine.HandlerFuncs{})
			s := serve(t, r, engine.Options{MaxBuffered: 64 << 20, CloseTimeout: patience, Compression: compressing})
			p, _ := agree(t, s, browserOffer)
			c := r.conn(t)
			message := []byte(noise(size))
			for range 5 {
				c.Send(codec.Binary, message)
			}
			end(p, c)
			if name == "peer closes" || name == "both close" || name == "peer violates" {
				for op := codec.Text; op != codec.Close; {
					op, _ = p.next()
				}
			}
			p.Conn.Close()
			r.end(t)
			eventually(t, "nothing to be held", func() bool { return s.Stats().Memory == 0 })
			if err := c.SendText("after the end"); err != engine.ErrClosed {
				t.Errorf("Send after the end: %v", err)
			}
		})
	}
}

// A peer that ends its stream gets what was sent to it.
func TestHalfCloseGetsFragments(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{Compression: compressing})
	p, _ := agree(t, s, browserOffer)
	p.write(compressed(codec.Binary, pattern(1<<20)))
	p.closeWrite()
	p.expect(codec.Binary, pattern(1<<20))
	p.expectEOF()
}

// Of messages with a key that wait behind a large one, only the latest is sent.
func TestLatestBehindFragments(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{MaxBuffered: 64 << 20, Loops: 1, Compression: compressing})
	p, _ := agree(t, s, browserOffer)
	c := r.conn(t)
	done := make(chan bool)
	engine.Post(c, func() { // all of it before the first piece
		c.Send(codec.Binary, []byte(pattern(200_000)))
		for _, price := range []string{"1", "2", "3"} {
			c.SendLatest("price", codec.Text, []byte(price))
		}
		c.SendLatest("other", codec.Text, []byte("4"))
		close(done)
	})
	<-done
	p.expect(codec.Binary, pattern(200_000))
	p.expect(codec.Text, "3")
	p.expect(codec.Text, "4")
	if n := s.Stats().Replaced; n != 2 {
		t.Errorf("%d were replaced, want 2", n)
	}
}
