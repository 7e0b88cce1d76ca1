package engine

import (
	"sync/atomic"

	"github.com/sockeye-ws/sockeye/codec"
)

const (
	maxCasts  = 1024 // broadcasts under way
	castSlice = 512  // connections that a loop serves before it does other work
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

// Broadcast sends m to every connection that is open when its turn comes: not
// to those that are closing. It may be called in every hook, also in OnClose. It
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
		s.postCasts()
	}
}

// postCasts leaves what is to be cast to the next tick.
func (s *sessions) postCasts() {
	if len(s.casts) > 0 && !s.loop.Post(s.castMore) {
		s.dropCasts()
	}
}

// castMore serves the next slice of connections, of one broadcast or several.
func (s *sessions) castMore() {
	for left := castSlice; left > 0 && len(s.casts) > 0; {
		b := s.casts[0]
		left -= s.serve(b, left)
		if b.slot < s.loop.Slots() {
			break
		}
		b.done()
		s.casts[0] = nil
		s.casts = s.casts[1:]
	}
	s.postCasts()
}

// serve sends b to the connections in its next n slots, and gives the number
// of slots that there were.
func (s *sessions) serve(b *cast, n int) int {
	first := b.slot
	for last := min(first+n, s.loop.Slots()); b.slot < last; b.slot++ {
		c := s.loop.Conn(b.slot)
		if c != nil && !connOf(c).profile.client {
			connOf(c).SendPrepared(b.message)
		}
	}
	return b.slot - first
}

// dropCasts gives up what a stopped loop will not send.
func (s *sessions) dropCasts() {
	for _, b := range s.casts {
		b.done()
	}
	s.casts = nil
}
