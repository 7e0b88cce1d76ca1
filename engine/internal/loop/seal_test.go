//go:build linux || darwin || freebsd

package loop

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/sockeye-ws/sockeye/pool"
)

// toyLayer seals a piece as its length and the bytes, inverted.
type toyLayer struct {
	records int
	ended   bool
	broken  bool
}

const toyEnd = 1<<32 - 1

func (l *toyLayer) Seal(dst, plain []byte) ([]byte, bool) {
	if l.broken || l.ended {
		return dst, false
	}
	l.records++
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(plain)))
	for _, b := range plain {
		dst = append(dst, ^b)
	}
	return dst, true
}

func (l *toyLayer) SealEnd(dst []byte) []byte {
	if l.ended {
		return dst
	}
	l.ended = true
	return binary.BigEndian.AppendUint32(dst, toyEnd)
}

// unsealed gives what a toyLayer has sealed, which must have been ended.
func unsealed(sealed []byte) (plain []byte, err error) {
	for len(sealed) >= 4 {
		n := binary.BigEndian.Uint32(sealed)
		sealed = sealed[4:]
		if n == toyEnd {
			if len(sealed) > 0 {
				err = fmt.Errorf("%d bytes after the end", len(sealed))
			}
			return plain, err
		}
		if uint64(len(sealed)) < uint64(n) {
			break
		}
		for _, b := range sealed[:n] {
			plain = append(plain, ^b)
		}
		sealed = sealed[n:]
	}
	return plain, fmt.Errorf("%d bytes without an end", len(sealed))
}

// What leaves together is sealed together.
func TestSealedSendsAreCoalesced(t *testing.T) {
	layer := new(toyLayer)
	r := newRig(t, &script{layer: layer, data: func(c *Conn, _ []byte) {
		for range 10 {
			c.send([]byte("ten of them"))
		}
	}})
	c, p := r.connect("tcp")
	c.Seal()
	p.send([]byte("go"))
	r.until("read", func() bool { return r.sys.readsOf(c.FD()) > 0 })
	if n := r.sys.count(callWrite); n != 1 || layer.records != 1 {
		t.Errorf("%d calls of Write with %d records, want one of each", n, layer.records)
	}
	if c.out != nil || c.Buffered() != 0 {
		t.Error("it keeps a queue")
	}
}

// Whatever the socket takes at a time, what is sent arrives in order, and then
// the end of the layer's stream.
func TestSealedArrives(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		layer := new(toyLayer)
		r := newRig(t, &script{layer: layer})
		c, p := r.connect(network)
		c.Seal()
		random := rand.New(rand.NewPCG(1, 2))
		var want []byte
		piece := func(n int) []byte {
			b := make([]byte, n)
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			want = append(want, b...)
			return b
		}
		got := make(chan []byte, 1)
		for i := range 300 {
			if corked := i%3 == 0; corked {
				c.Cork()
			}
			c.Lock()
			head := piece(random.IntN(300))
			tail := piece(random.IntN(30_000))
			c.CommitLocked(append(c.RoomLocked(len(head)), head...), tail)
			c.Unlock()
			if i%3 == 0 {
				c.Uncork()
			}
			if i == 150 { // it has been full
				go func() {
					all, _ := io.ReadAll(p)
					got <- all
					p.Close()
					r.Post(func() {}) // the loop may have nothing else to wake for
				}()
			}
			if i%10 == 0 {
				r.tick()
			}
		}
		if !c.Blocked() && c.Buffered() > 0 {
			t.Error("something is left, though the socket is not full")
		}
		c.Finish(patience, 0)
		var all []byte
		r.until("all arrived", func() bool {
			select {
			case all = <-got:
				return true
			default:
				return false
			}
		})
		plain, err := unsealed(all)
		if err != nil || !bytes.Equal(plain, want) {
			t.Errorf("%d bytes arrived, want %d: %v", len(plain), len(want), err)
		}
	})
}

// What the layer itself has to say goes behind what it has sealed before, and
// not behind what is still to be sealed.
func TestSendSealed(t *testing.T) {
	layer := new(toyLayer)
	r := newRig(t, &script{layer: layer})
	c, p := r.connect("tcp")
	c.Seal()
	c.Cork()
	c.send([]byte("second"))
	c.Lock()
	c.SendSealedLocked([]byte("first"))
	c.Unlock()
	c.Uncork()
	c.Lock()
	c.SendSealedLocked([]byte("third"))
	c.Unlock()
	sealed, _ := new(toyLayer).Seal(nil, []byte("second"))
	p.expect([]byte("first" + string(sealed) + "third"))
	c.Abort()
	r.tick()
}

// What sealing adds does not count as unsent: else a socket that takes a little
// would seem to take nothing.
func TestSealedIsNotMore(t *testing.T) {
	r := newRig(t, &script{layer: new(toyLayer)})
	c, _ := r.connect("tcp")
	c.fillSocket()
	c.Seal()
	c.Lock()
	defer c.Unlock()
	before := c.BufferedLocked()
	c.clearLocked(blocked)
	c.FlushLocked()
	if now := c.BufferedLocked(); !c.has(blocked) || c.out.sealedLeft() <= before || now != before {
		t.Errorf("%d bytes unsent before, %d as %d sealed ones", before, now, c.out.sealedLeft())
	}
}

// When nothing can be sealed any more, what is queued is dropped.
func TestNothingCanBeSealed(t *testing.T) {
	layer := &toyLayer{broken: true}
	r := newRig(t, &script{layer: layer})
	c, p := r.connect("tcp")
	lent := pool.Lent()
	c.Seal()
	c.Cork()
	c.send([]byte("lost"))
	c.Uncork()
	c.Lock()
	c.CommitLocked(append(c.RoomLocked(4), "head"...), make([]byte, 100_000))
	c.Unlock()
	if c.Buffered() != 0 || c.out != nil && !c.out.scratch {
		t.Error("it keeps what cannot be sent")
	}
	layer.ended = true
	c.Finish(patience, 0)
	done := make(chan []byte, 1)
	go func() { all, _ := io.ReadAll(p); done <- all }()
	if all := receive(t, done); len(all) > 0 {
		t.Errorf("got %d bytes", len(all))
	}
	if n := pool.Lent() - lent; n > 1 { // what is discarded is counted in a queue; the loop keeps a buffer
		t.Errorf("%d buffers are lent", n)
	}
}

// A peer that takes as much as the layer has to say, but never all, does not
// make the buffer grow.
func TestSealedBufferStaysSmall(t *testing.T) {
	q := newQueue()
	defer q.free()
	next, want := byte(0), byte(0)
	say := func(n int) {
		b := q.sealRoom(n)
		for range n {
			b.B = append(b.B, next)
			next++
		}
	}
	say(1000)
	for range 10_000 {
		say(30)
		for _, got := range q.sealed.B[q.sealedOff:][:30] {
			if got != want {
				t.Fatalf("%d comes, %d was next", got, want)
			}
			want++
		}
		q.wrote(30)
	}
	if n := cap(q.sealed.B); n > 4096 {
		t.Errorf("%d bytes of memory for %d", n, q.sealedLeft())
	}
}

// A layer may end the stream while an event is handled that tells of more to be
// read: that is no reason to drop the answers.
func TestLayerEndsDuringEvent(t *testing.T) {
	for name, events := range map[string][]Interest{"one event": {Readable | Writable}, "two events": {Writable, Readable}} {
		t.Run(name, func(t *testing.T) {
			s := new(script)
			r := newRig(t, s)
			c, p := r.connect("tcp")
			s.drained = func(c *Conn) { s.loop.End(c) }
			sent := c.fillSocket()
			p.expect(sent[:len(sent)-c.Buffered()])
			left := sent[len(sent)-c.Buffered():]
			p.CloseWrite()
			for _, ready := range events {
				s.loop.dispatch(Event{Handle{c.slot, c.gen}, ready})
			}
			if c.Gone() {
				t.Fatal("it was closed")
			}
			c.send([]byte("answer"))
			p.expect(append(left, "answer"...))
			r.tick()
			if len(s.loop.justEnded) > 0 {
				t.Error("it is kept")
			}
			c.Abort()
			r.tick()
		})
	}
}
