package engine_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// stuffed opens a connection that agreed to compress, and whose socket is full.
func stuffed(t *testing.T, o engine.Options) (*running, *peer, *engine.Conn) {
	t.Helper()
	r := record(engine.HandlerFuncs{Message: echo})
	o.Loops = 1
	s := serve(t, r, o)
	p, answer := agree(t, s, browserOffer)
	if answer == "permessage-deflate" {
		history := codec.NewHistory(15)
		t.Cleanup(history.Release)
		p.decoder.Reset(&codec.Config{Role: codec.Client, MaxMessage: 64 << 20, Deflate: true, History: history})
	}
	c := r.conn(t)
	narrow(t, c)
	for c.Buffered() == 0 {
		if err := c.Send(codec.Binary, []byte(noise(40<<10))); err != nil {
			t.Fatal(err)
		}
	}
	return s, p, c
}

// What is replaced before it is sent is nothing that later messages may refer
// to.
func TestTakeoverSendLatest(t *testing.T) {
	t.Parallel()
	_, p, c := stuffed(t, engine.Options{Compression: &engine.Compression{MinSize: 1, ContextTakeover: true}})
	quote := fmt.Sprintf("%x", noise(1000))
	for _, price := range []string{"1", "2", "3"} {
		if err := c.SendLatest("price", codec.Text, []byte(price+quote)); err != nil {
			t.Fatal(err)
		}
	}
	c.SendText(quote)
	for op := codec.Binary; op == codec.Binary; {
		var payload []byte
		if op, payload = p.next(); op == codec.Text && string(payload) != "3"+quote {
			t.Errorf("got %.40q", payload)
		}
	}
	p.expect(codec.Text, quote)
}

// Nor is what DropOldest may drop: it leaves the peer alone a context.
func TestTakeoverDropOldest(t *testing.T) {
	t.Parallel()
	s, p, c := stuffed(t, engine.Options{
		SendPolicy: engine.DropOldest, MaxBuffered: 256 << 10, Compression: &engine.Compression{MinSize: 1, ContextTakeover: true},
	})
	if _, answer := agree(t, s, browserOffer); answer != "permessage-deflate; server_no_context_takeover" {
		t.Errorf("answered %q", answer)
	}
	dropped := false
	for i := 0; !dropped; i++ {
		err := c.SendText(strings.Repeat(fmt.Sprintf("%08d", i), 2) + fmt.Sprintf("%x", noise(20_000+i)))
		if dropped = err == engine.ErrOlderDropped; err != nil && !dropped {
			t.Fatal(err)
		}
	}
	c.SendText("the end")
	for last := ""; last != "the end"; {
		if op, payload := p.next(); op == codec.Text {
			last = string(payload)
		}
	}
}

// Messages that wait behind a large one may be dropped as others.
func TestDropOldestBehindFragments(t *testing.T) {
	t.Parallel()
	s, _, c := stuffed(t, engine.Options{SendPolicy: engine.DropOldest, Compression: &engine.Compression{}})
	err := c.Send(codec.Binary, []byte(noise(200<<10)))
	for i := 0; i < 200 && err == nil; i++ {
		err = c.Send(codec.Binary, []byte(noise(20<<10)))
	}
	if err != engine.ErrOlderDropped || s.Stats().DroppedOlder == 0 {
		t.Errorf("%v, %d dropped; want %v", err, s.Stats().DroppedOlder, engine.ErrOlderDropped)
	}
}

// However small they are, what waits behind a large message is limited.
func TestSmallMessagesBehindFragments(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]string{"a byte": "x", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, c := stuffed(t, engine.Options{SendPolicy: engine.DropNewest, Compression: &engine.Compression{}})
			err := c.Send(codec.Binary, []byte(noise(70_000)))
			for i := 0; i < 100_000 && err == nil; i++ {
				err = c.SendText(message)
			}
			if held := s.Stats().Memory; err != engine.ErrBufferFull || held > 4<<20 {
				t.Errorf("%v, and %d bytes are held", err, held)
			}
		})
	}
}

// Very many of them do not keep the loop once they can be sent.
func TestSmallMessagesDoNotStall(t *testing.T) {
	t.Parallel()
	const n = 100_000
	r := record(echoing)
	s := serve(t, r, engine.Options{Loops: 1, MaxBuffered: 64 << 20, Compression: &engine.Compression{}})
	p, _ := agree(t, s, browserOffer)
	c := r.conn(t)
	neighbour := open(t, s)
	done := make(chan bool)
	engine.Post(c, func() {
		c.Send(codec.Binary, []byte(pattern(70_000)))
		for range n {
			c.SendText("x")
		}
		close(done)
	})
	<-done
	neighbour.write(text("quick"))
	neighbour.expect(codec.Text, "quick")
	if c.Buffered() == 0 {
		t.Error("all was sent before the neighbour had its turn")
	}
	p.expect(codec.Binary, pattern(70_000))
	for range n {
		p.expect(codec.Text, "x")
	}
}

// Many large answers at once do not make a slow reader of one who reads.
func TestPreparedAnswersToBurst(t *testing.T) {
	t.Parallel()
	const n = 60
	m := codec.Prepare(codec.Text, []byte(pattern(200<<10)))
	s := serve(t, engine.HandlerFuncs{Message: func(c *engine.Conn, _ codec.Opcode, _ []byte) { c.SendPrepared(m) }},
		engine.Options{Loops: 1, Compression: &engine.Compression{}})
	p, _ := agree(t, s, browserOffer)
	p.write(strings.Repeat(text("again"), n))
	for range n {
		p.expect(codec.Text, pattern(200<<10))
	}
}

// Nor do many large broadcasts.
func TestBroadcastBurst(t *testing.T) {
	t.Parallel()
	for name, takeover := range map[string]bool{"alone": false, "context takeover": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const n, size = 16, 150_000
			o := &engine.Compression{ContextTakeover: takeover}
			r := record(engine.HandlerFuncs{})
			s := serve(t, r, engine.Options{Loops: 1, MaxBuffered: 2 << 20, Compression: o})
			got := make(chan string, n)
			dial(t, s, messages(got), engine.DialOptions{Compression: o})
			r.conn(t)
			for i := range n {
				if err := s.Broadcast(codec.Prepare(codec.Text, []byte(numbered(i, size)))); err != nil {
					t.Fatal(err)
				}
			}
			for i := range n {
				if m := receive(t, "a broadcast", got); m != numbered(i, size) {
					t.Fatalf("got %.20q, want message %d", m, i)
				}
			}
		})
	}
}

// MaxMemory holds for what waits to be compressed too, even if its loop sleeps.
func TestMaxMemoryOfOutboxes(t *testing.T) {
	t.Parallel()
	const limit = 4 << 20
	s, _, c := stuffed(t, engine.Options{MaxMemory: limit, MaxBuffered: 64 << 20, Compression: &engine.Compression{}})
	err := c.Send(codec.Binary, []byte(noise(200<<10)))
	for i := 0; i < 1000 && err == nil; i++ {
		err = c.Send(codec.Binary, []byte(noise(30<<10)))
	}
	if err != engine.ErrClosed {
		t.Errorf("Send: %v", err)
	}
	eventually(t, "memory to be within its limit", func() bool { return s.Stats().Memory <= limit })
	if s.Stats().MemoryShed != 1 {
		t.Errorf("%+v", s.Stats())
	}
}

// MinSize holds for large messages too.
func TestMinSizeOfLargeMessages(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{Compression: &engine.Compression{MinSize: 1 << 20}})
	p, _ := agree(t, s, browserOffer)
	p.write(frame(codec.Binary, pattern(100_000)))
	if h, _ := p.rawFrame(); h.Rsv != 0 || !h.Fin {
		t.Errorf("100,000 bytes with MinSize 1 MiB: %+v", h)
	}
}

// A message behind one that is large for MaxBuffered has that sent without
// compression, as far as the socket takes it, and in its order.
func TestSendBehindTooMuch(t *testing.T) {
	t.Parallel()
	for name, takeover := range map[string]bool{"alone": false, "context takeover": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			large := strings.Repeat(pattern(300_000), 2)
			r := record(engine.HandlerFuncs{})
			s := serve(t, r, engine.Options{Loops: 1, MaxBuffered: 200_000, Compression: &engine.Compression{ContextTakeover: takeover}})
			got := make(chan string, 10)
			dial(t, s, messages(got), engine.DialOptions{Compression: &engine.Compression{ContextTakeover: takeover}})
			c := r.conn(t)
			c.SendText(large)
			go func() {
				for i := range 5 { // now or while the large one is half compressed
					for c.SendText(numbered(i, 1000)) == engine.ErrBufferFull {
						return
					}
				}
			}()
			if m := receive(t, "the large message", got); m != large {
				t.Fatalf("%d bytes", len(m))
			}
			for i := range 5 {
				if m := receive(t, "a message behind it", got); m != numbered(i, 1000) {
					t.Fatalf("got %.20q, want message %d", m, i)
				}
			}
		})
	}
}

// A connection whose outbox is dropped is heard: the answer to our Close comes
// before its time is over.
func TestHeardAfterOutboxIsDropped(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{Loops: 1, CloseTimeout: 2 * patience, WriteTimeout: -1, Compression: &engine.Compression{}})
	p, _ := agree(t, s, browserOffer)
	c := r.conn(t)
	narrow(t, c)
	err := error(nil)
	for err == nil {
		err = c.Send(codec.Binary, []byte(noise(100_000)))
	}
	if err != engine.ErrBufferFull {
		t.Fatal(err)
	}
	for op := codec.Binary; op != codec.Close; {
		op, _ = p.next()
	}
	p.write(closing(codec.ClosePolicyViolation, ""))
	io.Copy(io.Discard, p.Conn)
	began := time.Now()
	if end := r.end(t); !end.Clean || time.Since(began) > patience {
		t.Error(end)
	}
}
