package engine

import (
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// RatePolicy says what happens to a connection whose peer sends more than it
// may.
type RatePolicy uint8

const (
	// CloseFast closes the connection with 1008. OnClose gets [ErrRate].
	CloseFast RatePolicy = iota

	// PauseFast reads nothing from it until the rate is kept again: TCP then
	// slows the peer down, and nothing is lost.
	PauseFast
)

// meter is what the peer of a connection may still send. Each read is taken
// as it comes, on credit if need be.
type meter struct {
	messages, bytes bucket
	paused          bool // not read from until the credit is paid back
}

// meters are those of a loop's connections, by slot. There are none unless
// there is a rate to be kept.
type meters []meter

func (p *profile) metered() bool { return p.messageRate > 0 || p.byteRate > 0 }

// startMeter begins to count what c's peer sends.
func (s *sessions) startMeter(c *Conn) {
	if !c.profile.metered() {
		return
	}
	for c.conn.Slot() >= len(s.meters) {
		s.meters = append(s.meters, meter{})
	}
	now := s.loop.Now()
	s.meters[c.conn.Slot()] = meter{
		messages: fullBucket(c.profile.messageRate, now),
		bytes:    fullBucket(c.profile.byteRate, now),
	}
}

// count counts what came in one read, and follows the policy if it was too
// much.
func (s *sessions) count(c *Conn, messages, bytes int) {
	if c.State() != Open {
		return
	}
	m := &s.meters[c.conn.Slot()]
	m.messages.tokens -= float64(messages)
	m.bytes.tokens -= float64(bytes)
	credit := s.credit(c)
	switch {
	case credit == 0:
		m.paused = false
	case c.profile.ratePolicy == CloseFast:
		s.fail(c, codec.ClosePolicyViolation, "sends too much", ErrRate)
	default:
		m.paused = true
		c.conn.Hold()
		c.conn.Hasten(credit)
	}
}

// credit gives the time until c's peer has paid back what it was given.
func (s *sessions) credit(c *Conn) time.Duration {
	p, m, now := c.profile, &s.meters[c.conn.Slot()], s.loop.Now()
	m.messages.refill(p.messageRate, now)
	m.bytes.refill(p.byteRate, now)
	return max(m.messages.debt(p.messageRate), m.bytes.debt(p.byteRate))
}

// paused tells that c is not read from because of its rate. It has no meter
// before it is open.
func (s *sessions) paused(c *Conn) bool {
	if state := c.State(); state != Open && state != Closing {
		return false
	}
	return c.profile.metered() && s.meters[c.conn.Slot()].paused
}

// checkMeter reads on from c once its credit is paid back, and otherwise sets
// the timer for that.
func (s *sessions) checkMeter(c *Conn) {
	if !s.paused(c) {
		return
	}
	if credit := s.credit(c); credit > 0 {
		c.conn.Hasten(credit)
		return
	}
	s.unpause(c)
}

// unpause reads on from c.
func (s *sessions) unpause(c *Conn) {
	s.meters[c.conn.Slot()].paused = false
	s.goOn(c)
}
