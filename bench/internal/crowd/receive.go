package crowd

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/sockeye-ws/sockeye/codec"
)

// mask masks all frames: they go to a server that we have started ourselves.
var mask = [4]byte{0xde, 0xad, 0xbe, 0xef}

// ready handles a connection that can be read from, or written to at last.
func (c *Crowd) ready(i int, events uint32) {
	switch m := &c.members[i]; {
	case m.state == absent: // it failed in this batch
	case m.state == asking && events&unix.EPOLLERR == 0:
		c.askLate(i)
	default:
		c.read(i)
	}
}

func (c *Crowd) read(i int) {
	m := &c.members[i]
	n, err := unix.Read(int(m.fd), c.buf[:])
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
	case m.state == parting && n <= 0:
		c.closed.Add(1)
		c.drop(i)
	case err != nil:
		c.fail(i, os.NewSyscallError("read", err).Error())
	case n == 0:
		c.fail(i, "closed by the server without a Close frame")
	case m.state == upgrading:
		c.frames(i, c.upgraded(i, c.buf[:n]))
	case m.state == present:
		c.frames(i, c.buf[:n])
	}
}

// frames decodes b.
func (c *Crowd) frames(i int, b []byte) {
	d, own := c.decoders[i]
	if !own {
		d = c.blank
		d.Reset(&config)
	}
	for len(b) > 0 && c.members[i].state == present {
		op, payload, n, err := d.Next(b)
		if err != nil {
			c.fail(i, err.Error())
			return
		}
		b = b[n:]
		c.handle(i, op, payload)
	}
	switch idle := d.Idle(); {
	case c.members[i].state != present:
	case idle && own:
		delete(c.decoders, i)
	case !idle && !own:
		c.decoders[i], c.blank = d, codec.NewDecoder(&config)
	}
}

func (c *Crowd) handle(i int, op codec.Opcode, payload []byte) {
	switch op {
	case codec.Text, codec.Binary:
		c.deliver(i, payload)
	case codec.Ping:
		if err := c.send(i, codec.Pong, payload); err != nil {
			c.fail(i, err.Error())
		}
	case codec.Close:
		c.part(i, payload)
	}
}

// deliver hands a message to the step.
func (c *Crowd) deliver(i int, payload []byte) {
	m := &c.members[i]
	wrong := "message that nobody asked for"
	if c.message != nil && !m.done {
		wrong = c.message(i, payload)
	}
	if wrong != "" {
		c.fail(i, wrong)
		return
	}
	c.received.Add(1)
	c.record.Record(0, clock()-m.since)
	c.settle(i)
}

// part answers the server's Close frame.
func (c *Crowd) part(i int, payload []byte) {
	code, reason, _ := codec.ParseClosePayload(payload) // the decoder has checked it
	if code != c.closing {
		c.fail(i, fmt.Sprintf("closed by the server with %d %q", code, reason))
		return
	}
	if err := c.send(i, codec.Close, payload); err != nil {
		c.fail(i, err.Error())
		return
	}
	c.members[i].state = parting
}

func (c *Crowd) send(i int, op codec.Opcode, payload []byte) error {
	c.out = codec.AppendMaskedFrame(c.out[:0], op, payload, mask)
	return c.write(i, c.out)
}

// write sends b, for which an idle socket always has room.
func (c *Crowd) write(i int, b []byte) error {
	n, err := unix.Write(int(c.members[i].fd), b)
	if err != nil {
		return os.NewSyscallError("write", err)
	}
	if n < len(b) {
		return fmt.Errorf("the socket took %d of %d bytes", n, len(b))
	}
	return nil
}
