package codec

import (
	"sync"
	"sync/atomic"

	"github.com/sockeye-ws/sockeye/pool"
)

// deflated is a message compressed in one way, in a list of all ways asked for.
type deflated struct {
	level, windowBits int
	once              sync.Once
	message           atomic.Pointer[Prepared]
	next              *deflated
}

// Deflated gives the message compressed, for receivers that have agreed to
// permessage-deflate: its frame has RSV1 set and its payload is the compressed
// one. It is p itself if that would not be smaller, if p is a control frame, or
// if there is no [Deflater] of that level and window.
//
// It refers to nothing but itself, and fits receivers with and without context
// takeover alike; those with it must add p's own payload to their [History].
//
// For each level and window it is compressed once and kept as long as p, on
// the goroutine that asks first; those that ask meanwhile wait.
func (p *Prepared) Deflated(level, windowBits int) *Prepared {
	if !p.op.IsData() {
		return p
	}
	d := p.deflatedAs(level, windowBits)
	d.once.Do(func() { d.message.Store(p.deflate(level, windowBits)) })
	return d.message.Load()
}

// IsDeflated tells that [Prepared.Deflated] has nothing left to do: whoever
// must not wait asks before.
func (p *Prepared) IsDeflated(level, windowBits int) bool {
	return !p.op.IsData() || p.deflatedAs(level, windowBits).message.Load() != nil
}

func (p *Prepared) deflatedAs(level, windowBits int) *deflated {
	var mine *deflated
	for {
		first := p.deflated.Load()
		for d := first; d != nil; d = d.next {
			if d.level == level && d.windowBits == windowBits {
				return d
			}
		}
		if mine == nil {
			mine = &deflated{level: level, windowBits: windowBits}
		}
		if mine.next = first; p.deflated.CompareAndSwap(first, mine) {
			return mine
		}
	}
}

func (p *Prepared) deflate(level, windowBits int) *Prepared {
	z, err := GetDeflater(level, windowBits)
	if err != nil {
		return p
	}
	defer PutDeflater(z)
	b := pool.Get(len(p.Payload()))
	defer func() { pool.Put(b) }()
	b.B = z.Append(b.B, p.Payload(), nil, true)
	if len(b.B) >= len(p.Payload()) {
		return p
	}
	const rsv1 = 0b100 // a compressed message, RFC 7692 section 6
	h := Header{Fin: true, Rsv: rsv1, OpCode: p.op, Length: int64(len(b.B))}
	start := HeaderSize(len(b.B), false)
	frame := AppendHeader(make([]byte, 0, start+len(b.B)), h)
	return &Prepared{op: p.op, frame: append(frame, b.B...), start: start}
}
