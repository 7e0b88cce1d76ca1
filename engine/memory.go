package engine

import (
	"cmp"
	"math"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// budget is the memory that a server's connections may hold in buffers, for
// what has not come whole and for what is not sent yet.
type budget struct {
	limit int64 // 0: none
	shed  atomic.Uint64
}

func (o *Options) memory() int64 {
	switch {
	case o.MaxMemory < 0:
		return 0
	case o.MaxMemory == 0:
		return defaultMemory()
	}
	return o.MaxMemory
}

// defaultMemory is half of the process's own limit (GOMEMLIMIT), or of what
// the machine has; 0 if neither is known.
func defaultMemory() int64 {
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		return limit / 2
	}
	return loop.PhysicalMemory() / 2
}

// receiverCost is what a receiver takes besides its decoder's buffer.
const receiverCost = 512

// charge counts what c holds of an incomplete message or handshake.
func (s *sessions) charge(rx *receiver) {
	held := receiverCost + rx.decoder.Held()
	if rx.opening != nil && rx.opening.head != nil {
		held += cap(rx.opening.head.B)
	}
	s.received.Add(int64(held - rx.charged))
	rx.charged = held
}

// discharge is the end of what rx held.
func (s *sessions) discharge(rx *receiver) {
	s.received.Add(-int64(rx.charged))
	rx.charged = 0
}

// memory gives what the connections of this loop hold.
func (s *sessions) memory() int64 {
	return s.received.Load() + s.mail.held.Load() + s.loop.Stats.Unsent.Load()
}

// memory gives what all connections hold.
func (g *group) memory() (sum int64) {
	for _, s := range g.sessions {
		sum += s.memory()
	}
	return sum
}

// excess tells by how much the connections of all loops hold too much.
func (s *Server) excess() int64 {
	if s.budget.limit == 0 {
		return 0
	}
	return s.group.memory() - s.budget.limit
}

// checkMemory has the loop whose connections hold the most end some of them,
// if all loops together hold too much.
func (s *sessions) checkMemory() {
	own := s.memory()
	grown := own > s.checked
	s.checked = own
	if !grown || s.owner == nil || s.owner.excess() <= 0 {
		return
	}
	heaviest := slices.MaxFunc(s.owner.group.sessions, func(a, b *sessions) int { return cmp.Compare(a.memory(), b.memory()) })
	if !heaviest.relieving.Swap(true) {
		heaviest.loop.Post(heaviest.relieve)
	}
}

// relieve ends connections until a tenth of the budget is free.
func (s *sessions) relieve() {
	s.relieving.Store(false)
	if excess := s.owner.excess(); excess > 0 {
		s.shed(excess + s.owner.budget.limit/10)
	}
}

// holder is a connection that holds memory.
type holder struct {
	c                *Conn
	received, unsent int
}

// shed ends the connections that hold the most, until n bytes are free.
func (s *sessions) shed(n int64) {
	all := s.holders()
	slices.SortFunc(all, func(a, b holder) int { return cmp.Compare(b.received+b.unsent, a.received+a.unsent) })
	for _, h := range all {
		if n <= 0 {
			return
		}
		n -= int64(h.received + h.unsent)
		s.owner.budget.shed.Add(1)
		s.shedOne(h)
	}
}

// shedOne tells the peer with 1013, unless that would have to wait behind what
// it does not read.
func (s *sessions) shedOne(h holder) {
	if h.unsent > 0 || h.c.State() == Connecting {
		s.cut(h.c, ErrMemory)
		return
	}
	s.fail(h.c, codec.CloseTryAgainLater, "out of memory for messages", ErrMemory)
}

func (s *sessions) holders() (all []holder) {
	s.each(func(c *Conn) {
		h := holder{c: c}
		if c.rx != nil {
			h.received = c.rx.charged
		}
		if c.onWorkers() {
			h.received += s.mail.waiting(c)
		}
		c.conn.Lock()
		h.unsent = c.conn.UnsentLocked()
		c.conn.Unlock()
		if h.received+h.unsent > 0 {
			all = append(all, h)
		}
	})
	return all
}
