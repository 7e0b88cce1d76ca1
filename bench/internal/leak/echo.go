package leak

import (
	"fmt"

	"github.com/sockeye-ws/sockeye/codec"
)

// echoing is the duty to send messages to a server that sends each back.
type echoing struct{ *thread }

func (e echoing) dialed(*conn) {}

func (e echoing) opened(c *conn) {
	c.last = 1 + uint32(e.random.IntN(2*e.whole.options.Life))
}

// next lets half of what may be outstanding come back before it gives more, so
// that messages go in batches.
func (e echoing) next(c *conn) (m Message, ok bool) {
	depth := uint32(e.whole.options.Depth)
	outstanding := c.sent - c.received
	if e.over || c.sent == c.last || outstanding >= depth || len(e.out) == 0 && outstanding > depth/2 {
		return Message{}, false
	}
	c.sent++
	return Message{c.number, c.sent - 1}, true
}

func (e echoing) message(c *conn, op codec.Opcode, payload []byte) (wrong string) {
	if c.received == c.sent {
		return fmt.Sprintf("%s of %d B that it did not ask for%s", opNames[op], len(payload), origin(c.due(), payload, 0))
	}
	wrong = e.compare(c.due(), op, payload)
	c.received++
	return wrong
}

func (e echoing) owed(c *conn) string {
	if c.received < c.sent {
		return c.due().String()
	}
	return ""
}

func (e echoing) leaves(c *conn) bool   { return c.received == c.sent }
func (e echoing) finished(c *conn) bool { return c.sent == c.last || e.over }
func (e echoing) gone(*conn)            {}
func (e echoing) waiting() []*conn      { return nil }
