package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/pool"
)

// A hundred goroutines send while the connection ends. Whatever ends it, what
// arrives is whole, and in the order in which each of them sent it. If it ends
// with a Close frame, exactly that arrives of which Send has said that it is on
// its way; if it is cut, the last of that may be missing.
func TestSendsWhileEnding(t *testing.T) {
	t.Parallel()
	ends := []struct {
		name string
		end  func(s *running, c *engine.Conn)
		cut  bool
	}{
		{"Close", func(_ *running, c *engine.Conn) { c.Close(codec.CloseNormal, "") }, false},
		{"Shutdown", func(s *running, _ *engine.Conn) { s.Shutdown(context.Background()) }, false},
		{"Abort", func(_ *running, c *engine.Conn) { c.Abort() }, true},
		{"Server.Close", func(s *running, _ *engine.Conn) { s.Close() }, true},
	}
	for _, test := range ends {
		t.Run(test.name, func(t *testing.T) {
			onLoopsAndWorkers(t, func(t *testing.T, workers int) {
				for range 3 {
					r := record(echoing)
					s := serve(t, r, engine.Options{Workers: workers, MaxBuffered: 1 << 30, CloseTimeout: patience, Loops: 2})
					p := open(t, s)
					c := r.conn(t)
					read := make(chan readNumbers, 1)
					go func() { read <- p.readNumbers() }()
					sent := sendUntilEnd(t, c, func() { test.end(s, c) })
					got := receive(t, "the end of the stream", read)
					if got.err != nil || got.closed == test.cut {
						t.Errorf("read until %v, a Close frame: %t", got.err, got.closed)
					}
					for sender, n := range sent {
						if arrived := got.next[sender]; arrived > n || arrived < n && !test.cut {
							t.Errorf("%d messages of sender %d arrived of %d", arrived, sender, n)
						}
					}
					p.Close()
					r.end(t)
				}
			})
		})
	}
}

// sendUntilEnd sends numbered messages from 100 goroutines until each is told
// that the connection has ended, and gives how many of each are on their way.
func sendUntilEnd(t *testing.T, c *engine.Conn, end func()) (sent [100]int) {
	var all atomic.Int32
	var senders sync.WaitGroup
	for sender := range sent {
		senders.Go(func() {
			for err := error(nil); ; sent[sender]++ {
				if all.Add(1) == 1000 {
					go end()
				}
				b := numberOf(sender, sent[sender])
				switch sent[sender] % 4 {
				case 0:
					err = c.Send(codec.Binary, b)
				case 1:
					err = c.SendText(string(b))
				case 2:
					err = c.SendPrepared(codec.Prepare(codec.Text, b))
				case 3:
					err = c.SendLatest(fmt.Sprint(sender, sent[sender]), codec.Text, b)
				}
				if err != nil {
					if err != engine.ErrClosed {
						t.Errorf("sender %d: %v", sender, err)
					}
					return
				}
			}
		})
	}
	senders.Wait()
	return sent
}

// numberOf gives message i of a sender: now and then one that is sent without
// being copied.
func numberOf(sender, i int) []byte {
	size := 0
	if i%7 == 3 {
		size = 5000
	}
	return fmt.Appendf(nil, "%d %d %s", sender, i, strings.Repeat(string(rune('a'+sender%26)), size))
}

// readNumbers is what a peer has read until its stream ended.
type readNumbers struct {
	next   [100]int // message of each sender
	closed bool     // by a Close frame, which it has answered
	err    error
}

func (p *peer) readNumbers() (r readNumbers) {
	for {
		for len(p.rest) > 0 {
			op, payload, n, err := p.decoder.Next(p.rest)
			p.rest = p.rest[n:]
			switch {
			case err != nil:
				r.err = fmt.Errorf("torn: %w", err)
				return r
			case op == codec.Close:
				r.closed = true
				_, r.err = io.WriteString(p.Conn, closing(codec.CloseNormal, ""))
				return r
			case op != 0:
				if r.err = r.check(string(payload)); r.err != nil {
					return r
				}
			}
		}
		if err := p.more(); err == io.EOF || errors.Is(err, syscall.ECONNRESET) {
			return r
		} else if err != nil {
			r.err = err
			return r
		}
	}
}

func (r *readNumbers) check(payload string) error {
	var sender, i int
	fmt.Sscanf(payload, "%d %d ", &sender, &i)
	if sender < 0 || sender >= len(r.next) || i != r.next[sender] || payload != string(numberOf(sender, i)) {
		return fmt.Errorf("got %.40q, want message %d of that sender", payload, r.next[min(max(sender, 0), len(r.next)-1)])
	}
	r.next[sender]++
	return nil
}

// What a large message took, received and sent, is given back: to the pool if
// it keeps such buffers, else to the garbage collector.
func TestMemoryOfLargeMessageReturns(t *testing.T) {
	for name, workers := range map[string]int{"on a loop": 0, "on workers": 2} {
		for _, size := range []int{4 << 20, 16 << 20} {
			t.Run(fmt.Sprint(name, ", ", size>>20, " MiB"), func(t *testing.T) {
				engine.Rest(t)
				s := serve(t, echoing, engine.Options{Workers: workers, MaxMessage: 32 << 20, MaxBuffered: 32 << 20})
				p := open(t, s)
				p.write(text("x"))
				p.expect(codec.Text, "x")
				settled := func() bool { return s.Stats().Memory == 0 && engine.Mailboxes(s.Server) == 0 }
				eventually(t, "the first buffer to be back", settled)
				lent, before := pool.Lent(), settledHeap()
				large := []byte(frame(codec.Binary, string(make([]byte, size))))
				for range 2 {
					sent := make(chan error, 1)
					go func() { _, err := p.Conn.Write(large); sent <- err }()
					if _, err := io.CopyN(io.Discard, p.Conn, int64(len(large)-len(mask))); err != nil {
						t.Fatal(err)
					}
					if err := receive(t, "the message to be sent", sent); err != nil {
						t.Fatal(err)
					}
				}
				large = nil
				eventually(t, "the buffers to be back", func() bool { return settled() && pool.Lent() == lent })
				if now := settledHeap(); now > before+1<<20 {
					t.Errorf("the heap has grown by %d bytes", now-before)
				}
				p.write(text("still there"))
				p.expect(codec.Text, "still there")
			})
		}
	}
}

// settledHeap gives the heap's size without what pools keep for two rounds of
// the garbage collector.
func settledHeap() uint64 {
	runtime.GC()
	runtime.GC()
	return heap()
}
