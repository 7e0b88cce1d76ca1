package loop

// Gather makes sends on c wait for the loop, which is told of the first and
// sends what it finds as soon as it gets to it. So a burst of small sends takes
// few system calls, and nothing is late, even if the caller blocks now. It may
// be called from any goroutine, as may Ungather.
func (c *Conn) Gather() { c.word.Or(gathering) }

// Ungather makes sends leave at once again. The first takes along what waits.
func (c *Conn) Ungather() { c.word.And(^gathering) }

// gatherLocked lets b wait, and has the loop look.
func (c *Conn) gatherLocked(b []byte) {
	c.queueLocked(b)
	c.AttendLocked()
}

// Cork makes sends wait for Uncork, as they do during Data: for what is handled
// at another time. No other connection may be corked. The loop's goroutine only,
// as Uncork.
func (c *Conn) Cork() { c.cork() }

// Uncork sends what was gathered.
func (c *Conn) Uncork() { c.uncork() }
