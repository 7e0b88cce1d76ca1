package leak

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/sockeye-ws/sockeye/codec"
)

// proceed has c send what it may, and end when it has done what it is for.
// Another connection then takes its place.
func (t *thread) proceed(c *conn) {
	t.fill(c)
	if c.state == present && t.duty.finished(c) {
		t.endConn(c)
	}
	if c.state == absent && t.conns[c.place] == c && !t.over && t.whole.Faults() < maxFaults {
		t.dial(c.place)
	}
}

// endConn ends c as it was drawn, but in good order when the run is over, so
// that all answers come.
func (t *thread) endConn(c *conn) {
	if t.over {
		c.end = clean
	}
	switch {
	case c.end == reset:
		t.reset(c)
	case c.end == torn:
		m := Message{c.number, c.sent}
		op, _ := m.shape()
		b := codec.AppendMaskedFrame(nil, op, m.Append(nil), t.mask())
		t.write(c, b[:1+t.random.IntN(len(b)-1)])
		t.reset(c)
	case len(c.out) > 0: // until it is sent
	case c.end == half:
		unix.Shutdown(c.fd, unix.SHUT_WR)
		c.state = silent
	case c.ponged == c.pings && t.duty.leaves(c):
		t.write(c, codec.AppendMaskedClose(nil, codec.CloseNormal, "", t.mask()))
		c.state = closing
	}
}

// reset cuts c without a word, whatever is under way in both directions.
func (t *thread) reset(c *conn) {
	if c.state == absent {
		return // it has failed
	}
	unix.SetsockoptLinger(c.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	t.drop(c, c.end.String())
}

// fail counts a fault and gives c up.
func (t *thread) fail(c *conn, what string) {
	if c.state == absent {
		return
	}
	t.whole.fault(fmt.Sprintf("connection %d: %s", c.number, what))
	t.drop(c, failed)
}

func (t *thread) drop(c *conn, how string) {
	unix.Close(c.fd)
	if c.state != upgrading {
		t.duty.gone(c)
	}
	c.state = absent
	t.open--
	t.whole.ended(how)
}
