package engine_test

import (
	"errors"
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// A connection that sends as fast as it can does not starve its neighbours:
// between the moment at which one of them can be heard and that at which it is,
// the loop handles no more of the busy one than two turns of it, the one under
// way and perhaps one before the neighbour's. Frames are counted, not time.
func TestBusyConnectionDoesNotStarveItsNeighbours(t *testing.T) {
	total := 64 << 20
	if engine.RaceEnabled {
		total /= 16
	}
	tests := []struct {
		name  string
		frame string // what is sent over and over
		each  int    // frames of it are one message
		bytes int    // to be sent
		reply int    // bytes
	}{
		{"messages", text("x"), 1, total, 0},
		{"messages, echoed", text("x"), 1, total / 4, 1},
		{"messages with large replies", text("x"), 1, 400 << 10, 1 << 10},
		{"fragments", fragmented(100), 100, total, 0},
		{"fragments, echoed", fragmented(100), 100, total / 4, 100},
		{"pings before messages", strings.Repeat(frame(codec.Ping, "x"), 99) + text("x"), 100, total / 4, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			const turn = 1024 // frames
			const every = 100 // turns, about
			b := &busyness{every: every * turn / test.each, reply: pattern(test.reply)}
			r := record(engine.HandlerFuncs{Message: b.message})
			s := serve(t, r, engine.Options{MaxBuffered: 64 << 20})
			p := open(t, s)
			b.begin(r.conn(t), p)
			busy := open(t, s)
			for _, p := range []*peer{p, busy} {
				p.SetDeadline(time.Now().Add(10 * patience)) // it is much
			}
			sent := make(chan error, 1)
			times := test.bytes / len(test.frame)
			go func() {
				block := strings.Repeat(test.frame, 1000)
				for n := 0; n < times; n += 1000 {
					if _, err := io.WriteString(busy.Conn, block[:min(1000, times-n)*len(test.frame)]); err != nil {
						sent <- err
						return
					}
				}
				busy.closeWrite()
				sent <- nil
			}()
			received, err := io.Copy(io.Discard, busy.Conn)
			if err := errors.Join(err, receive(t, "all to be sent", sent)); err != nil {
				t.Fatal(err)
			}
			r.end(t)
			p.reset()
			r.end(t) // nothing more is counted
			if b.handled != times {
				t.Errorf("%d messages were handled, want %d", b.handled, times)
			}
			if b.heard == 0 || b.asked > b.heard+1 {
				t.Fatalf("the neighbour was heard %d times of %d", b.heard, b.asked)
			}
			if most := (2*turn + 2*test.each) / test.each; b.longest > most {
				t.Errorf("%d messages were handled while the neighbour waited, want at most %d", b.longest, most)
			}
			t.Logf("the neighbour was heard %d times, after at most %d of %d messages; %d bytes of replies", b.heard, b.longest, b.handled, received)
		})
	}
}

// busyness is a handler for a busy connection and a calm one, of which it makes
// the latter's peer send: all on one loop.
type busyness struct {
	every int // messages of the busy one, the calm one's peer sends one
	reply string

	mu       sync.Mutex
	calm     *engine.Conn
	calmPeer *peer

	handled int // messages of the busy one
	asked   int // messages of the calm one's peer
	since   int // handled when the last of them could be read
	heard   int
	longest int
}

func (b *busyness) begin(c *engine.Conn, p *peer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calm, b.calmPeer = c, p
}

func (b *busyness) message(c *engine.Conn, op codec.Opcode, _ []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c == b.calm {
		b.heard++
		b.longest = max(b.longest, b.handled-b.since)
		return
	}
	if b.reply != "" {
		c.Send(op, []byte(b.reply))
	}
	b.handled++
	if b.handled%b.every == b.every/2 && b.asked == b.heard {
		b.asked++
		io.WriteString(b.calmPeer.Conn, text("calm"))
		awaitReadable(engine.FD(b.calm))
		b.since = b.handled
	}
}

// awaitReadable waits until a socket has something to be read.
func awaitReadable(fd int) {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if n, _, _ := syscall.Recvfrom(fd, make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT); n > 0 {
			return
		}
	}
}

// fragmented gives a message of n fragments, each of one byte.
func fragmented(n int) string {
	var b strings.Builder
	b.WriteString(fragment(codec.Text, false, "x"))
	for range n - 2 {
		b.WriteString(fragment(codec.Continuation, false, "x"))
	}
	b.WriteString(fragment(codec.Continuation, true, "x"))
	return b.String()
}
