package engine

// FD gives the socket of c.
func FD(c *Conn) int { return c.conn.FD() }
