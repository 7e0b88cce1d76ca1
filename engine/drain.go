package engine

import (
	"net/http"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/handshake"
)

var shuttingDown = handshake.Reject(http.StatusServiceUnavailable, "server is shutting down\n")

// drain ends all connections gracefully, and calls done when none is left.
func (s *sessions) drain(done func()) {
	s.drained = append(s.drained, done)
	if !s.draining {
		s.draining = true
		s.loop.CloseListeners()
		s.depart(newDeparture(s.loop.Slots(), s.owner.settings.shutdownSpread))
	}
	s.checkDrained()
}

// drainSlice is how many connections a loop closes before it does other work:
// with very many of them the answers to the first Close frames must not wait
// for the last to be sent.
const drainSlice = 512

// minDrainPause is the shortest time between two slices of a shutdown that is
// spread over some time.
const minDrainPause = 20 * time.Millisecond

// departure is the closing of a loop's connections, slot by slot. The first
// leaves handshakes alone that are under way, as whoever has been accepted
// counts on an answer; the last comes at the end of the time.
type departure struct {
	slot, slice int
	pause       time.Duration
	last        bool
}

// newDeparture spreads n slots evenly over a time: as many slices as fit with
// a pause between them.
func newDeparture(n int, over time.Duration) *departure {
	slices := max(int(over/minDrainPause), 1)
	slice := min(max((n+slices-1)/slices, 1), drainSlice)
	return &departure{slice: slice, pause: over * time.Duration(slice) / time.Duration(max(n, 1))}
}

// depart closes the connections of the next slice.
func (s *sessions) depart(d *departure) {
	for last := min(d.slot+d.slice, s.loop.Slots()); d.slot < last; d.slot++ {
		if c := s.loop.Conn(d.slot); c != nil && (d.last || !connOf(c).arriving()) {
			s.goAway(connOf(c))
		}
	}
	switch {
	case d.slot < s.loop.Slots():
		s.loop.After(d.pause, func() { s.depart(d) })
	case !d.last:
		s.loop.After(d.pause, func() { s.depart(&departure{slice: drainSlice, last: true}) })
	}
}

// arriving tells that c is a peer's whose handshake is under way.
func (c *Conn) arriving() bool { return c.State() == Connecting && !c.profile.client }

func (s *sessions) checkDrained() {
	if len(s.drained) == 0 || s.loop.Stats.Open.Load() > 0 {
		return
	}
	for _, done := range s.drained {
		done()
	}
	s.drained = nil
}

func (s *sessions) goAway(c *Conn) {
	switch {
	case c.State() == Open:
		c.Close(codec.CloseGoingAway, "server is shutting down")
	case c.arriving():
		s.refuse(c, shuttingDown)
	case c.State() == Connecting:
		s.cut(c, ErrServerClosed)
	}
}
