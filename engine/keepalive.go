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
		s.checkIdle(c)
	case Closing:
		// Until Attended comes this is still the idle timer.
		if !lc.Attending() {
			s.cut(c, ErrCloseTimeout)
		}
	}
}

// checkIdle pings a peer that has been silent for half of the timeout, and
// cuts it at its end. Bytes that arrive do not touch the timer: it looks at
// the time since they did, and is set anew.
func (s *sessions) checkIdle(c *Conn) {
	limit, silent := c.profile.idleTimeout, c.conn.Silent()
	switch {
	case !c.conn.Hears() && !c.conn.Blocked():
		c.conn.Excuse() // it waits for our handler
		c.conn.SetTimer(limit / 2)
	case silent >= limit:
		s.cut(c, ErrIdleTimeout)
	case silent >= limit/2:
		c.keepalive()
		c.conn.SetTimer(limit - silent)
	default:
		c.conn.SetTimer(limit/2 - silent)
	}
}

// keepalive sends a ping, unless there is something unsent already, which
// serves as well.
func (c *Conn) keepalive() {
	c.conn.Lock()
	defer c.conn.Unlock()
	if c.openLocked() == nil && !c.conn.Blocked() {
		c.frameLocked(codec.Ping, nil)
	}
}

// watch starts the idle timeout.
func (c *Conn) watch() {
	if limit := c.profile.idleTimeout; limit > 0 {
		c.conn.SetTimer(limit / 2)
	} else {
		c.conn.StopTimer()
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
