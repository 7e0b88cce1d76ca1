package engine

import (
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// Timer is the one timer of a connection: what it means follows from the state.
func (s *sessions) Timer(lc *loop.Conn) {
	c := connOf(lc)
	switch c.State() {
	case Connecting:
		s.cut(c, ErrHandshakeTimeout)
	case Open:
		s.checkPeer(c)
		s.checkMeter(c)
	case Closing:
		// Until Attended comes this is still the idle timer.
		if !lc.Attending() {
			s.cut(c, ErrCloseTimeout)
		}
	}
}

// checkPeer cuts a peer that has been silent for too long, or that has not
// taken what is unsent. One that is silent for half of the time is pinged.
// Bytes that come or go do not touch the timer: it looks at the time since
// they did, and is set anew.
func (s *sessions) checkPeer(c *Conn) {
	silent, stalled := c.conn.Silent(), c.conn.Stalled()
	switch p := c.profile; {
	case (!c.conn.Hears() || c.conn.Yielded()) && !c.conn.Blocked():
		c.conn.Excuse() // it waits for our handler, or for its turn
		c.watch(0, 0)
	case p.idleTimeout > 0 && silent >= p.idleTimeout:
		s.cut(c, ErrIdleTimeout)
	case p.writeTimeout > 0 && stalled >= p.writeTimeout:
		s.cut(c, ErrWriteTimeout)
	default:
		if p.idleTimeout > 0 && silent >= p.idleTimeout/2 {
			c.keepalive()
		}
		c.watch(silent, stalled)
	}
}

// keepalive sends a ping, unless there is something unsent already, which
// serves as well.
func (c *Conn) keepalive() {
	c.conn.Lock()
	defer c.conn.Unlock()
	if c.openLocked() == nil && !c.conn.Blocked() {
		c.frameLocked(codec.Header{Fin: true, OpCode: codec.Ping}, nil)
	}
}

// watch sets the timer for a peer that has been silent, and with its socket
// full, for some time.
func (c *Conn) watch(silent, stalled time.Duration) {
	idle := c.profile.idleTimeout
	switch {
	case idle == 0:
		c.conn.StopTimer()
	case silent < idle/2:
		c.conn.SetTimer(idle/2 - silent)
	default:
		c.conn.SetTimer(idle - silent)
	}
	c.watchWrites(stalled)
}

// watchWrites sees to it that a peer with its socket full is looked at in time.
func (c *Conn) watchWrites(stalled time.Duration) {
	if limit := c.profile.writeTimeout; limit > 0 && c.conn.Blocked() {
		c.conn.Hasten(limit - stalled)
	}
}

// cut ends a connection whose peer has had its time.
func (s *sessions) cut(c *Conn, err error) {
	c.conn.Lock()
	if c.conn.Gone() {
		c.conn.Unlock()
		return // OnClose may have been told already
	}
	if c.end == nil {
		c.end = &CloseError{Code: codec.CloseAbnormal}
	}
	if c.end.Err == nil {
		c.end.Err = err
	}
	if err == ErrServerClosed {
		c.conn.MuteLocked()
	}
	c.conn.Unlock()
	c.conn.Abort()
}

// limitHandshake starts the deadline of the handshake.
func (c *Conn) limitHandshake(d time.Duration) {
	if d > 0 {
		c.conn.SetTimer(d)
	}
}
