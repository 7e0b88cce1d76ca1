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
	if rx.rest != nil {
		held += cap(rx.rest.B)
	}
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
	return s.received.Load() + s.mail.held.Load() + s.outboxes.held.Load() + s.loop.Stats.Unsent.Load()
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

// sheddable gives what connections of this loop would free if they were ended:
// all but what workers have at the moment.
func (s *sessions) sheddable() int64 {
	return s.received.Load() + s.mail.waitingAll() + s.outboxes.held.Load() + s.loop.Stats.Unsent.Load()
}

// checkMemory has the loop whose connections can free the most end some of
// them, if all loops together hold too much.
func (s *sessions) checkMemory() {
	own := s.memory()
	if own == s.checked {
		return
	}
	s.checked = own
	if s.owner == nil || s.owner.excess() <= 0 {
		return
	}
	all := s.owner.group.sessions
	heaviest := slices.MaxFunc(all, func(a, b *sessions) int { return cmp.Compare(a.sheddable(), b.sheddable()) })
	heaviest.askRelief(len(all) - 1)
}

// askRelief has s end connections, and up to so many others after it.
func (s *sessions) askRelief(others int) {
	if !s.relieving.Swap(true) {
		s.loop.Post(func() { s.relieve(others) })
	}
}

// relieve ends connections until a tenth of the budget is free. If those of
// this loop are not enough, the next loop goes on once they have ended.
func (s *sessions) relieve(others int) {
	s.relieving.Store(false)
	excess := s.owner.excess()
	if excess <= 0 || s.shed(excess+s.owner.budget.limit/10) || others == 0 {
		return
	}
	all := s.owner.group.sessions
	next := all[(slices.Index(all, s)+1)%len(all)]
	s.loop.Post(func() { next.askRelief(others - 1) })
}

// holder is a connection that holds memory; it may be gone, but for what waits
// for its handler.
type holder struct {
	c            *Conn
	held, unsent int // unsent is a part of held
}

// shed ends the connections that hold the most, until n bytes are free, and
// tells whether they are.
func (s *sessions) shed(n int64) bool {
	all := s.holders()
	slices.SortFunc(all, func(a, b holder) int { return cmp.Compare(b.held, a.held) })
	for _, h := range all {
		if n <= 0 {
			break
		}
		n -= int64(h.held)
		s.owner.budget.shed.Add(1)
		s.shedOne(h)
	}
	return n <= 0
}

// shedOne ends a connection, and drops what waits for its handler. The peer is
// told with 1013, unless that would have to wait behind what it does not read.
func (s *sessions) shedOne(h holder) {
	if h.c.onWorkers() {
		s.mail.discard(h.c)
	}
	if state := h.c.State(); h.unsent > 0 || state != Open && state != Closing {
		s.cut(h.c, ErrMemory)
		return
	}
	s.fail(h.c, codec.CloseTryAgainLater, "out of memory for messages", ErrMemory)
}

func (s *sessions) holders() (all []holder) {
	waiting := s.mail.waiting()
	s.each(func(c *Conn) {
		letters := waiting[c]
		h := holder{c: c, held: letters}
		delete(waiting, c)
		if c.rx != nil {
			h.held += c.rx.charged
		}
		if t := c.profile.tls; t != nil {
			h.held += t.charged
		}
		c.conn.Lock()
		h.unsent = c.conn.UnsentLocked()
		if b := c.outboxLocked(); b != nil {
			h.unsent += b.memory
		}
		ending := c.conn.Finishing() && c.conn.BufferedLocked() == 0 && letters == 0 // holds next to nothing, soon nothing
		c.conn.Unlock()
		if h.held += h.unsent; h.held > 0 && !ending {
			all = append(all, h)
		}
	})
	for c, n := range waiting {
		all = append(all, holder{c: c, held: n})
	}
	return all
}
