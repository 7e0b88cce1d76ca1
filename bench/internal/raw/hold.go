package raw

import (
	"fmt"

	"github.com/sockeye-ws/sockeye/bench/internal/corpus"
)

// Held are open connections without traffic.
type Held struct{ client *client }

// Hold opens the connections, exchanges one message on each, and leaves them
// idle until [Held.Close]. If they are to compress, it exchanges so many that
// the largest windows are full. Of the options it needs Addr, Plain, Conns, Size
// and Compress.
func Hold(o Options) (*Held, error) {
	o.Load, o.Depth = Echo, 1
	if err := o.check(); err != nil {
		return nil, err
	}
	c, err := open(o)
	if err != nil {
		return nil, err
	}
	if o.Compress != "" {
		err = c.warmWindows(o)
	} else {
		err = c.askEach()
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return &Held{c}, nil
}

// askEach exchanges a message on each connection.
func (c *client) askEach() error {
	for i := range c.conns {
		if err := c.ask(c.conns[i].fd, c.messages, c.repliesFrom(0, c.reply)); err != nil {
			return fmt.Errorf("connection %d: %w", i+1, err)
		}
	}
	return nil
}

// maxWindow is the largest window of what compressed messages refer to.
const maxWindow = 32 << 10

// warmWindows exchanges compressed messages on each connection, each of them
// compressed alone by us, and if that was agreed on by those before by the
// server.
func (c *client) warmWindows(o Options) error {
	count := 1
	if o.Compress.KeepsContext() {
		count += maxWindow / max(o.Size, 1)
	}
	payloads, err := corpus.Messages(corpus.JSON, o.Size, count)
	if err != nil {
		return err
	}
	var messages [][]byte
	for _, p := range payloads {
		messages = append(messages, appendDeflated(nil, p))
	}
	for i := range c.conns {
		var history []byte
		for n, message := range messages {
			if _, err := exchangeDeflated(c.conns[i].fd, message, payloads[n], history); err != nil {
				return fmt.Errorf("connection %d: %w", i+1, err)
			}
			if o.Compress.KeepsContext() {
				history = append(history, payloads[n]...)
			}
		}
	}
	return nil
}

// Close ends the connections, without a close handshake.
func (h *Held) Close() { h.client.close() }
