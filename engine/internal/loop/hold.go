package loop

// Hold makes the loop read no further from c, whether its socket is full or
// not, until [Conn.Unhold] and [Conn.ReadOn]. What was read already is the
// user's. A peer that leaves meanwhile is noticed when reading goes on, or
// when a write to it fails.
func (c *Conn) Hold() { c.word.Or(held) }

// Unhold takes Hold back. Nothing is read before [Conn.ReadOn], so that what
// was read before may be handled first, which may hold c again.
func (c *Conn) Unhold() { c.word.And(^held) }

// EndLater takes the end of the peer's stream back, in [Events.Ended], and holds
// c: the end comes again when c is read from.
func (c *Conn) EndLater() {
	c.Hold()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clearLocked(ended)
	c.setLocked(paused)
	c.registerLocked()
}

// Held tells that Hold was called. It may be called from any goroutine.
func (c *Conn) Held() bool { return c.has(held) }

// Hears tells that what the peer sends is read: neither is c held, nor has the
// peer ended its stream.
func (c *Conn) Hears() bool { return !c.has(held | ended) }

// ReadOn reads from c again, unless it is held.
func (c *Conn) ReadOn() {
	if !c.has(held | closed | finishing) {
		c.Excuse()
		c.loop.resume(c, c.Buffered())
	}
}

// Excuse makes the peer's silence begin now: until now nobody listened.
func (c *Conn) Excuse() { c.seen = c.loop.tick }

// registerLocked tells the poller what c waits for. A connection that waits
// for nothing because it is held is removed, as an empty interest would still
// report a reset, again and again, which only reading could answer.
func (c *Conn) registerLocked() {
	p, fd, h, want := c.loop.poller, int(c.fd), Handle{c.slot, c.gen}, c.interestLocked()
	var e Errno
	switch {
	case want == 0 && c.has(held) && !c.has(ended):
		if !c.has(unwatched) {
			c.setLocked(unwatched)
			e = p.Remove(fd)
		}
	case c.has(unwatched):
		c.clearLocked(unwatched)
		e = p.Add(fd, h, want)
	default:
		e = p.Modify(fd, h, want)
	}
	if e != 0 {
		c.breakLocked(e)
	}
}
