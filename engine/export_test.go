package engine

// FD gives the socket of c.
func FD(c *Conn) int { return c.conn.FD() }

// Post runs f on c's loop.
func Post(c *Conn, f func()) { c.conn.Loop().Post(f) }

// ShutdownsWaiting counts the calls of Shutdown that wait for c's loop.
func ShutdownsWaiting(c *Conn) int {
	n := make(chan int, 1)
	c.conn.Loop().Post(func() { n <- len(c.sessions().drained) })
	return <-n
}

// SharedLoops counts the loops that clients share.
func SharedLoops() int {
	clientLoops.mu.Lock()
	defer clientLoops.mu.Unlock()
	if clientLoops.group == nil {
		return 0
	}
	return len(clientLoops.group.sessions)
}

// Ending is closed when s begins to end.
func Ending(s *Server) <-chan struct{} { return s.closing }
