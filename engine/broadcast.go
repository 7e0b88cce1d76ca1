package engine

import (
	"sync/atomic"

	"github.com/sockeye-ws/sockeye/codec"
)

const (
	maxCasts  = 1024 // broadcasts under way
	castSlice = 512  // connections that a loop serves of one before it does other work
)

// pending counts what is under way, up to a limit.
type pending struct{ n atomic.Int64 }

func (p *pending) add(limit int64) bool {
	if p.n.Add(1) > limit {
		p.n.Add(-1)
		return false
	}
	return true
}

func (p *pending) done() { p.n.Add(-1) }

// cast is a broadcast on one loop.
type cast struct {
	message *codec.Prepared
	slot    int // the next to be served
	done    func()
}

// Broadcast sends m to every connection that is open when its turn comes. It
// returns at once: the loops serve their connections in slices, so that other
// work goes on. Broadcasts do not overtake each other. A connection with too
// much unsent follows its SendPolicy. [ErrBufferFull] means that 1,024
// broadcasts are under way already and m was not taken.
func (s *Server) Broadcast(m *codec.Prepared) error {
	if !isMessage(m.Opcode()) {
		return ErrNotMessage
	}
	s.mu.Lock()
	g := s.group
	s.mu.Unlock()
	if g == nil {
		return nil
	}
	if !s.casting.add(maxCasts) {
		return ErrBufferFull
	}
	var left atomic.Int64
	left.Store(int64(len(g.sessions)))
	done := func() {
		if left.Add(-1) == 0 {
			s.casting.done()
		}
	}
	for _, se := range g.sessions {
		if !se.loop.Post(func() { se.cast(&cast{message: m, done: done}) }) {
			done()
		}
	}
	return nil
}

func (s *sessions) cast(b *cast) {
	s.casts = append(s.casts, b)
	if len(s.casts) == 1 {
		s.castMore()
	}
}

// castMore serves the next slice of connections and posts itself as long as
// there are any.
func (s *sessions) castMore() {
	b := s.casts[0]
	last := min(b.slot+castSlice, s.loop.Slots())
	for ; b.slot < last; b.slot++ {
		c := s.loop.Conn(b.slot)
		if c != nil && !connOf(c).profile.client {
			connOf(c).SendPrepared(b.message)
		}
	}
	if b.slot >= s.loop.Slots() {
		b.done()
		s.casts[0] = nil
		s.casts = s.casts[1:]
	}
	if len(s.casts) > 0 && !s.loop.Post(s.castMore) {
		s.dropCasts()
	}
}

// dropCasts gives up what a stopped loop will not send.
func (s *sessions) dropCasts() {
	for _, b := range s.casts {
		b.done()
	}
	s.casts = nil
}
