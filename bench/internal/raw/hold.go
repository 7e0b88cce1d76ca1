package raw

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// Held are open connections without traffic.
type Held struct{ client *client }

// Hold opens the connections, exchanges one message on each, and leaves them
// idle until [Held.Close]. Of the options it needs Addr, Plain, Conns and Size.
func Hold(o Options) (*Held, error) {
	o.Depth = 1
	if err := o.check(); err != nil {
		return nil, err
	}
	c, err := open(o)
	if err != nil {
		return nil, err
	}
	for i := range c.conns {
		if err := c.once(c.conns[i].fd); err != nil {
			c.close()
			return nil, fmt.Errorf("connection %d: %w", i+1, err)
		}
	}
	return &Held{c}, nil
}

// Close ends the connections, without a close handshake.
func (h *Held) Close() { h.client.close() }

// once sends a message and waits for the reply.
func (c *client) once(fd int) error {
	if err := limitReads(fd); err != nil {
		return err
	}
	if err := send(fd, c.messagesOf(1)); err != nil {
		return err
	}
	reply := c.buf[:c.reply]
	for off := 0; off < len(reply); {
		n, err := read(fd, reply[off:])
		if err != nil {
			return os.NewSyscallError("read", err)
		}
		if n == 0 {
			return errors.New("closed by the server")
		}
		off += n
	}
	if !bytes.Equal(reply, c.repliesFrom(0, len(reply))) {
		return errors.New("a reply differs from what was sent")
	}
	return nil
}
