package engine_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

func TestSendMisuse(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{})
	p := open(t, serve(t, r, engine.Options{}))
	c := r.conn(t)
	tests := []struct {
		name string
		call func() error
		want error
	}{
		{"Send of a ping", func() error { return c.Send(codec.Ping, nil) }, engine.ErrNotMessage},
		{"Send of a continuation", func() error { return c.Send(codec.Continuation, nil) }, engine.ErrNotMessage},
		{"Send of text", func() error { return c.Send(codec.Text, []byte("\xff")) }, engine.ErrInvalidUTF8},
		{"SendText", func() error { return c.SendText("\xff") }, engine.ErrInvalidUTF8},
		{"SendPrepared of a close", func() error { return c.SendPrepared(codec.Prepare(codec.Close, nil)) }, engine.ErrNotMessage},
		{"Ping", func() error { return c.Ping(make([]byte, 126)) }, engine.ErrControlTooLong},
	}
	for _, test := range tests {
		if err := test.call(); err != test.want {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	c.SendText("nothing was sent before")
	p.expect(codec.Text, "nothing was sent before")
}

// numbered gives message i: its number and then what its length allows.
func numbered(i, size int) string {
	head := fmt.Sprintf("%08d;", i)
	return head + pattern(max(size-len(head), 0))
}

// Messages of all sizes, sent while the socket is full, partly full or empty,
// arrive whole and in order. The sender's memory is its own again after Send.
func TestSlowReaderGetsAllInOrder(t *testing.T) {
	t.Parallel()
	const n = 60
	sizes := []int{10, 5000, 10, 200_000, 1 << 20, 126, 70_000}
	r := record(engine.HandlerFuncs{})
	p := open(t, serve(t, r, engine.Options{MaxBuffered: 1 << 30}))
	c := r.conn(t)
	sent := make(chan error, 1)
	go func() {
		var b []byte
		for i := range n {
			b = append(b[:0], numbered(i, sizes[i%len(sizes)])...)
			if err := c.Send(codec.Binary, b); err != nil {
				sent <- err
				return
			}
			clear(b)
			if i%20 == 19 {
				eventually(t, "the reader", func() bool { return c.Buffered() < 1<<20 })
			}
		}
		sent <- nil
	}()
	for i := range n {
		p.expect(codec.Binary, numbered(i, sizes[i%len(sizes)]))
	}
	if err := receive(t, "Send", sent); err != nil {
		t.Error(err)
	}
}

// fill sends messages of 1 KiB until one is not taken, and gives the number of
// those that were.
func fill(t *testing.T, c *engine.Conn, limit int) (n int) {
	t.Helper()
	for ; ; n++ {
		err := c.SendText(numbered(n, 1<<10))
		if err == engine.ErrBufferFull {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Buffered(); got > limit+2<<10 {
			t.Fatalf("%d bytes unsent, over the limit of %d", got, limit)
		}
	}
}

func TestCloseSlow(t *testing.T) {
	t.Parallel()
	const limit = 100 << 10
	for _, reads := range []bool{true, false} {
		t.Run(fmt.Sprintf("reads=%t", reads), func(t *testing.T) {
			t.Parallel()
			r := record(engine.HandlerFuncs{})
			o := engine.Options{MaxBuffered: limit}
			if !reads {
				o.CloseTimeout = 50 * time.Millisecond
			}
			s := serve(t, r, o)
			p := open(t, s)
			c := r.conn(t)
			n := fill(t, c, limit)
			if err := c.SendText("one more"); err != engine.ErrClosed {
				t.Errorf("Send after ErrBufferFull: %v", err)
			}
			if reads {
				for i := range n {
					p.expect(codec.Text, numbered(i, 1<<10))
				}
				p.expectClose(codec.ClosePolicyViolation, "reads too slowly")
				p.write(closing(codec.ClosePolicyViolation, ""))
				p.expectEOF()
				p.Close()
			}
			got := r.end(t)
			if got.Code != codec.ClosePolicyViolation || got.Clean != reads || !errors.Is(got, engine.ErrBufferFull) {
				t.Errorf("OnClose got %#v", got)
			}
			if st := s.Stats(); st.Dropped != 1 || st.MessagesOut != uint64(n) {
				t.Errorf("stats: %+v, sent %d", st, n)
			}
		})
	}
}

func TestDropNewest(t *testing.T) {
	t.Parallel()
	const limit = 100 << 10
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{MaxBuffered: limit, SendPolicy: engine.DropNewest})
	p := open(t, s)
	c := r.conn(t)
	n := fill(t, c, limit)
	for range 9 {
		if err := c.SendText("dropped"); err != engine.ErrBufferFull {
			t.Errorf("Send: %v", err)
		}
	}
	if err := c.Ping(nil); err != engine.ErrBufferFull {
		t.Errorf("Ping: %v", err)
	}
	if got := s.Stats().Dropped; got != 10 {
		t.Errorf("%d messages dropped, want 10", got)
	}
	for i := range n {
		p.expect(codec.Text, numbered(i, 1<<10))
	}
	eventually(t, "the queue to be empty", func() bool { return c.Buffered() == 0 })
	if err := c.SendText("taken again"); err != nil {
		t.Errorf("Send: %v", err)
	}
	p.expect(codec.Text, "taken again")
}

// However large a message is, it is taken while nothing is unsent.
func TestSendLargerThanMaxBuffered(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{})
	p := open(t, serve(t, r, engine.Options{MaxBuffered: 1}))
	c := r.conn(t)
	if err := c.SendText(pattern(4 << 20)); err != nil {
		t.Fatal(err)
	}
	p.expect(codec.Text, pattern(4<<20))
}

func TestDrain(t *testing.T) {
	t.Parallel()
	var drains atomic.Int32
	r := record(engine.HandlerFuncs{Drain: func(c *engine.Conn) {
		if n := c.Buffered(); n != 0 {
			t.Errorf("OnDrain with %d bytes unsent", n)
		}
		drains.Add(1)
	}})
	p := open(t, serve(t, r, engine.Options{MaxBuffered: 64 << 20}))
	c := r.conn(t)
	if c.SendText("taken at once"); c.Buffered() != 0 {
		t.Errorf("%d bytes unsent though the socket is empty", c.Buffered())
	}
	p.expect(codec.Text, "taken at once")
	narrow(t, c)
	for round := range int32(3) {
		if err := c.SendText(pattern(4 << 20)); err != nil || c.Buffered() == 0 {
			t.Fatalf("Send: %v, %d bytes unsent", err, c.Buffered())
		}
		p.expect(codec.Text, pattern(4<<20))
		eventually(t, "OnDrain", func() bool { return drains.Load() > round })
		if n := c.Buffered(); n != 0 {
			t.Errorf("%d bytes unsent after OnDrain", n)
		}
	}
	if n := drains.Load(); n != 3 {
		t.Errorf("OnDrain was called %d times for 3 drains", n)
	}
}

// Within a handler's call too Buffered tells what the socket did not take:
// only that is followed by OnDrain, for which a handler may wait to send more.
func TestBufferedWithinHandler(t *testing.T) {
	t.Parallel()
	p := open(t, serve(t, engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, b []byte) {
		for range 10 {
			c.Send(op, b)
		}
		c.SendText(fmt.Sprint("unsent: ", c.Buffered()))
	}}, engine.Options{}))
	p.write(text("hello"))
	for range 10 {
		p.expect(codec.Text, "hello")
	}
	p.expect(codec.Text, "unsent: 0")
}

// A peer that sends a burst and reads its answers late loses none of them:
// while they are unsent, nothing more is read from it.
func TestLateReaderLosesNothing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		size, count int
		maxBuffered int
	}{
		{"small messages, limit below one read", 100, 50_000, 4 << 10},
		{"1 KiB", 1 << 10, 8 << 10, 256 << 10},
		{"messages larger than the limit", 100 << 10, 100, 16 << 10},
		{"the largest messages, default limit", 1 << 20, 12, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := record(engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, b []byte) {
				if err := c.Send(op, b); err != nil {
					t.Errorf("Send: %v", err)
				}
			}})
			p := open(t, serve(t, r, engine.Options{MaxBuffered: test.maxBuffered}))
			c := r.conn(t)
			narrow(t, c)
			sent := make(chan error, 1)
			go func() {
				for i := range test.count {
					if _, err := io.WriteString(p.Conn, frame(codec.Binary, numbered(i, test.size))); err != nil {
						sent <- err
						return
					}
				}
				sent <- nil
			}()
			limit := test.maxBuffered
			if limit == 0 {
				limit = engine.DefaultMaxBuffered
			}
			eventually(t, "answers to pile up", func() bool { return c.Buffered() > limit/2 })
			for i := range test.count {
				p.expect(codec.Binary, numbered(i, test.size))
			}
			if err := receive(t, "the burst", sent); err != nil {
				t.Error(err)
			}
		})
	}
}

// Pings cost no memory while their pongs are not read: one pong waits at most,
// besides those to one read of pings that the socket did not take.
func TestPingFlood(t *testing.T) {
	t.Parallel()
	flood := 100_000
	if engine.RaceEnabled {
		flood /= 4
	}
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{})
	p := open(t, s)
	c := r.conn(t)
	narrow(t, c)
	var burst []byte
	for i := range flood {
		payload := append(binary.BigEndian.AppendUint32(nil, uint32(i)), pattern(60)...)
		burst = codec.AppendMaskedPing(burst, payload, mask)
	}
	p.write(string(burst))
	eventually(t, "all pings to be read", func() bool { return s.Stats().BytesIn == uint64(len(request)+len(burst)) })
	if n := c.Buffered(); n == 0 || n > 64<<10 {
		t.Errorf("%d bytes unsent", n)
	}
	pongs, last := 0, -1
	for last < flood-1 {
		op, payload := p.next()
		i := int(binary.BigEndian.Uint32(payload))
		if op != codec.Pong || i <= last {
			t.Fatalf("got opcode %d with %d after %d", op, i, last)
		}
		pongs, last = pongs+1, i
	}
	if pongs == flood {
		t.Error("all pongs came: the flood was too small to show anything")
	}
}

// OnPong comes for pongs that answer pings, and for others.
func TestPing(t *testing.T) {
	t.Parallel()
	pongs := make(chan string, 1)
	r := record(engine.HandlerFuncs{Pong: func(_ *engine.Conn, b []byte) { pongs <- string(b) }})
	p := open(t, serve(t, r, engine.Options{}))
	c := r.conn(t)
	for _, payload := range []string{"", "ping", strings.Repeat("p", 125)} {
		if err := c.Ping([]byte(payload)); err != nil {
			t.Fatal(err)
		}
		p.expect(codec.Ping, payload)
		p.write(frame(codec.Pong, payload))
		if got := receive(t, "OnPong", pongs); got != payload {
			t.Errorf("OnPong got %q, want %q", got, payload)
		}
	}
}
