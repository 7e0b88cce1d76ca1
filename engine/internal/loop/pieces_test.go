package loop

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// pieceCheck drives a queue with pieces beside a naive oracle: a list of what
// is unsent, part by part.
type pieceCheck struct {
	t     testing.TB
	rand  *rand.Rand
	c     Conn
	parts []part
	next  byte
}

type part struct {
	rest    []byte
	key     string
	marked  bool
	started bool // some of it is sent
}

func (k *pieceCheck) send() {
	k.next++
	b := bytes.Repeat([]byte{k.next}, 1+k.rand.IntN(50))
	p := part{rest: b, marked: k.rand.IntN(3) > 0, key: string(rune('a' + k.rand.IntN(3)))}
	room := k.c.out.room(len(b))
	room.B = append(room.B, b...)
	if p.marked {
		k.c.MarkLocked(len(b), p.key)
	}
	k.parts = append(k.parts, p)
}

// take is the peer taking some of what is unsent.
func (k *pieceCheck) take() {
	if len(k.parts) == 0 {
		return
	}
	n := k.rand.IntN(len(k.c.out.unsent()) + 1)
	got := bytes.Clone(k.c.out.unsent()[:n])
	k.c.out.sent(n)
	for len(got) > 0 {
		p := &k.parts[0]
		m := min(len(p.rest), len(got))
		if !bytes.Equal(p.rest[:m], got[:m]) {
			k.t.Fatalf("took % x, want % x", got[:m], p.rest[:m])
		}
		p.rest, got, p.started = p.rest[m:], got[m:], true
		if len(p.rest) == 0 {
			k.parts = k.parts[1:]
		}
	}
}

func (k *pieceCheck) dropOldest() {
	limit := k.rand.IntN(1500)
	want := 0
	for i := 0; k.held() > limit && i < len(k.parts); {
		if p := k.parts[i]; p.marked && !p.started {
			k.parts = slices.Delete(k.parts, i, i+1)
			want++
		} else {
			i++
		}
	}
	if got := k.c.DropOldestLocked(limit); got != want {
		k.t.Fatalf("dropped %d, want %d", got, want)
	}
}

func (k *pieceCheck) dropKey() {
	key := string(rune('a' + k.rand.IntN(4)))
	before, held := len(k.parts), k.c.HeldLocked()
	free := k.c.HeldByKeyLocked(key)
	k.parts = slices.DeleteFunc(k.parts, func(p part) bool { return p.marked && !p.started && p.key == key })
	if got := k.c.DropKeyLocked(key); got != before-len(k.parts) {
		k.t.Fatalf("dropped %d of key %s, want %d", got, key, before-len(k.parts))
	}
	if got := held - k.c.HeldLocked(); got != free {
		k.t.Fatalf("key %s held %d, dropping it freed %d", key, free, got)
	}
}

func (k *pieceCheck) held() (n int) {
	for _, p := range k.parts {
		n += len(p.rest)
		if p.marked && !p.started {
			n += pieceCost
		}
	}
	return n
}

func (k *pieceCheck) compare() {
	var want []byte
	for _, p := range k.parts {
		want = append(want, p.rest...)
	}
	if !bytes.Equal(k.c.out.unsent(), want) {
		k.t.Fatalf("unsent % x\nwant % x", k.c.out.unsent(), want)
	}
	if got := k.c.HeldLocked(); got != k.held() {
		k.t.Fatalf("%d bytes held, want %d", got, k.held())
	}
}

func (k *pieceCheck) step() {
	switch k.rand.IntN(10) {
	case 0:
		k.dropOldest()
	case 1:
		k.dropKey()
	case 2, 3:
		k.take()
	default:
		k.send()
	}
	k.compare()
}

func TestPieces(t *testing.T) {
	for seed := range uint64(200) {
		k := &pieceCheck{t: t, rand: rand.New(rand.NewPCG(seed, 0)), c: Conn{out: newQueue()}}
		for range 200 {
			k.step()
		}
		k.c.out.free()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// Pieces of what is sent are forgotten as others come, so that they never
// outgrow what is unsent.
func TestPiecesAreForgotten(t *testing.T) {
	c := Conn{out: newQueue()}
	defer c.out.free()
	for range 10_000 {
		room := c.out.room(200)
		room.B = append(room.B, strings.Repeat("x", 100)...)
		c.MarkLocked(100, "key")
		c.out.sent(len(c.out.unsent()) - 1)
	}
	if n := cap(c.out.pieces); n > 16 {
		t.Errorf("room for %d pieces, of which one at most is unsent", n)
	}
}

func BenchmarkDropKey(b *testing.B) {
	c := Conn{out: newQueue()}
	defer c.out.free()
	frame := make([]byte, 100)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		key := "a"
		if i%2 == 0 {
			key = "b"
		}
		c.DropKeyLocked(key)
		room := c.out.room(len(frame))
		room.B = append(room.B, frame...)
		c.MarkLocked(len(frame), key)
	}
}
