package raw

import "fmt"

// Held are open connections without traffic.
type Held struct{ client *client }

// Hold opens the connections, exchanges one message on each, and leaves them
// idle until [Held.Close]. Of the options it needs Addr, Plain, Conns and Size.
func Hold(o Options) (*Held, error) {
	o.Load, o.Depth = Echo, 1
	if err := o.check(); err != nil {
		return nil, err
	}
	c, err := open(o)
	if err != nil {
		return nil, err
	}
	for i := range c.conns {
		if err := c.ask(c.conns[i].fd, c.messages, c.repliesFrom(0, c.reply)); err != nil {
			c.close()
			return nil, fmt.Errorf("connection %d: %w", i+1, err)
		}
	}
	return &Held{c}, nil
}

// Close ends the connections, without a close handshake.
func (h *Held) Close() { h.client.close() }
