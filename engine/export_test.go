package engine

// FD gives the socket of c.
func FD(c *Conn) int { return c.conn.FD() }

// Post runs f on c's loop.
func Post(c *Conn, f func()) { c.conn.Loop().Post(f) }
