package loop

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sockeye-ws/sockeye/pool"
)

// noise is what queues are filled with: no two parts of it are alike.
var noise = func() []byte {
	b := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{}).Read(b)
	return b
}()

// queueCheck drives a queue together with a bytes.Buffer.
type queueCheck struct {
	t    *testing.T
	q    *queue
	want bytes.Buffer
	rnd  *rand.Rand
}

func (k *queueCheck) append(n int) {
	held := 0
	if k.q.buf != nil {
		held = cap(k.q.buf.B)
	}
	b := k.q.room(n)
	before := len(b.B)
	if held > 0 && k.want.Len()+n <= held && cap(b.B) > held {
		k.t.Fatalf("grew from %d to %d for %d bytes after %d", held, cap(b.B), n, k.want.Len())
	}
	if cap(b.B)-before < n {
		k.t.Fatalf("room for %d bytes, not %d", cap(b.B)-before, n)
	}
	b.B = append(b.B, noise[k.rnd.IntN(len(noise)-n):][:n]...)
	k.want.Write(b.B[before:])
}

func (k *queueCheck) sent(n int) {
	k.q.sent(n)
	k.want.Next(n)
	left := len(k.q.unsent())
	switch {
	case k.q.buf == nil || k.q.scratch:
	case left == 0:
		k.t.Fatal("an empty queue holds a buffer")
	case cap(k.q.buf.B) > 4*left+4096:
		k.t.Fatalf("%d bytes held for %d unsent", cap(k.q.buf.B), left)
	}
}

func (k *queueCheck) check() {
	k.t.Helper()
	if got := k.q.unsent(); !bytes.Equal(got, k.want.Bytes()) {
		k.t.Fatalf("%d bytes unsent that differ from the %d wanted", len(got), k.want.Len())
	}
}

// moveRest moves everything into a queue of its own, and throws that away.
func (k *queueCheck) moveRest() {
	rest := k.q.moveRest()
	if (rest != nil) != (k.want.Len() > 0) {
		k.t.Fatalf("moved: %v, with %d bytes unsent", rest != nil, k.want.Len())
	}
	if rest != nil {
		if !bytes.Equal(rest.unsent(), k.want.Bytes()) {
			k.t.Fatal("what was moved differs")
		}
		rest.free()
		k.want.Reset()
	}
	if c := cap(k.q.buf.B); c < flushSize || c > 2*flushSize {
		k.t.Fatalf("a loop's own queue is left with a capacity of %d", c)
	}
}

func TestQueueAgainstBuffer(t *testing.T) {
	for _, scratch := range []bool{false, true} {
		for seed := range uint64(4) {
			t.Run(fmt.Sprintf("scratch %v seed %d", scratch, seed), func(t *testing.T) {
				lent := pool.Lent()
				k := &queueCheck{t: t, q: newQueue(), rnd: rand.New(rand.NewPCG(seed, 5))}
				if scratch {
					k.q = newScratch()
				}
				for range 300 {
					k.randomOp()
					k.check()
				}
				k.q.free()
				if now := pool.Lent(); now != lent {
					t.Fatalf("%d buffers not given back", now-lent)
				}
			})
		}
	}
}

func (k *queueCheck) randomOp() {
	switch left := k.want.Len(); k.rnd.IntN(5) {
	case 0, 1:
		k.append(k.rnd.IntN(1 << k.rnd.IntN(19)))
	case 2:
		k.q.room(k.rnd.IntN(1 << k.rnd.IntN(19))) // and nothing comes
	case 3:
		if left > 0 {
			k.sent(1 + k.rnd.IntN(left))
		}
	case 4:
		if k.q.scratch && k.rnd.IntN(4) == 0 {
			k.moveRest()
		} else if left > 0 && k.rnd.IntN(4) == 0 {
			k.sent(left)
		}
	}
}

func TestQueueMovesTheLatest(t *testing.T) {
	tests := []struct{ unsent, latest string }{{"", ""}, {"", "pong"}, {"bytes", ""}, {"bytes", "pong"}}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%q %q", tt.unsent, tt.latest), func(t *testing.T) {
			q := newScratch()
			defer q.drop()
			q.buf.B = append(q.buf.B, tt.unsent...)
			q.latestLen = uint8(copy(q.latest[:], tt.latest))
			own := q.moveRest()
			if own == nil {
				if tt.unsent+tt.latest != "" {
					t.Fatal("nothing was moved")
				}
				return
			}
			defer own.free()
			if string(own.unsent()) != tt.unsent || string(own.latest[:own.latestLen]) != tt.latest {
				t.Fatalf("moved %q and %q", own.unsent(), own.latest[:own.latestLen])
			}
			if own.scratch || q.latestLen != 0 || len(q.unsent()) != 0 {
				t.Fatalf("left behind: %d bytes, %d of the latest; moved to a loop's own: %v",
					len(q.unsent()), q.latestLen, own.scratch)
			}
		})
	}
}

// What a queue gives back must not be read any more: a test that does reads
// poison.
func TestQueuePoisonsWhatItGivesBack(t *testing.T) {
	for name, q := range map[string]*queue{"own": newQueue(), "scratch": newScratch()} {
		b := q.room(3)
		b.B = append(b.B, "abc"...)
		kept := b.B
		if q.sent(3); !bytes.Equal(kept, bytes.Repeat([]byte{pool.Poison}, 3)) {
			t.Errorf("%s: still reads %q", name, kept)
		}
		q.drop()
	}
}

func TestFreedQueueIsBlank(t *testing.T) {
	q := newQueue()
	q.room(10)
	q.latestLen, q.discarded, q.scratch = 3, 5, true
	q.free()
	if q.buf != nil || q.off != 0 || q.latestLen != 0 || q.discarded != 0 || q.scratch {
		t.Fatalf("freed as %+v", q)
	}
}

func BenchmarkQueue(b *testing.B) {
	piece := bytes.Repeat([]byte{'x'}, 125)
	for _, scratch := range []bool{false, true} {
		b.Run(fmt.Sprintf("append and send/scratch=%v", scratch), func(b *testing.B) {
			b.ReportAllocs()
			q := &queue{}
			if scratch {
				q = newScratch()
			}
			defer q.drop()
			for b.Loop() {
				room := q.room(len(piece))
				room.B = append(room.B, piece...)
				q.sent(len(piece))
			}
		})
	}
	b.Run("backlog of 1 MiB", func(b *testing.B) {
		b.ReportAllocs()
		q := new(queue)
		defer q.drop()
		q.room(1 << 20).B = make([]byte, 1<<20)
		for b.Loop() {
			room := q.room(len(piece))
			room.B = append(room.B, piece...)
			q.sent(len(piece))
		}
	})
}
