package leak

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/sockeye-ws/sockeye/codec"
)

func (t *thread) read(c *conn) {
	n, err := unix.Read(c.fd, t.buf[:])
	c.heard = t.now
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
	case err != nil:
		t.fail(c, os.NewSyscallError("read", err).Error())
	case n == 0:
		t.ended(c)
	case c.state == upgrading:
		t.frames(c, t.upgraded(c, t.buf[:n]))
	default:
		t.frames(c, t.buf[:n])
	}
}

// frames decodes b.
func (t *thread) frames(c *conn, b []byte) {
	for len(b) > 0 && c.state != absent {
		op, payload, n, err := c.decoder.Next(b)
		if err != nil {
			t.fail(c, err.Error())
			return
		}
		b = b[n:]
		switch op {
		case codec.Text, codec.Binary:
			t.message(c, op, payload)
		case codec.Pong:
			t.pong(c, payload)
		case codec.Ping:
			t.answer(c, payload)
		case codec.Close:
			t.closed(c, payload)
		}
	}
}

func (t *thread) message(c *conn, op codec.Opcode, payload []byte) {
	if wrong := t.duty.message(c, op, payload); wrong != "" {
		t.fail(c, wrong)
		return
	}
	t.verified++
	t.bytes += uint64(len(payload))
}

// compare checks a payload against the message that was due.
func (t *thread) compare(due Message, op codec.Opcode, payload []byte) (wrong string) {
	t.want = due.Append(t.want[:0])
	if want, _ := due.shape(); op != want || !bytes.Equal(payload, t.want) {
		return explain(due, op, payload)
	}
	return ""
}

// pong checks an answer to a ping. A server may leave pings unanswered if a
// later one has come; so this may be to any that is not answered yet.
func (t *thread) pong(c *conn, payload []byte) {
	due := c.ping(c.ponged)
	if m, ok := owner(payload); ok && m.Conn == c.number && m.Seq > due.Seq && m.Seq < c.ping(c.pings).Seq {
		due = m
	}
	if c.ponged == c.pings {
		t.fail(c, fmt.Sprintf("a pong that answers no ping, of %d B%s", len(payload), origin(due, payload, 0)))
	} else if want := due.Append(nil); !bytes.Equal(want, payload) {
		t.fail(c, "pong: "+explain(due, codec.Ping, payload))
	} else {
		c.ponged = due.Seq - pingSeq + 1
		t.pongs++
	}
}

// answer answers a ping, unless our side has ended.
func (t *thread) answer(c *conn, ping []byte) {
	if c.state == present {
		t.write(c, codec.AppendMaskedPong(nil, ping, t.mask()))
	}
}

// closed gets the server's Close frame.
func (t *thread) closed(c *conn, payload []byte) {
	code, reason, _ := codec.ParseClosePayload(payload) // the decoder has checked it
	if c.state != closing || code != codec.CloseNormal {
		t.fail(c, fmt.Sprintf("the server closed it with %d %q", code, reason))
	}
}

// ended tells that nothing more will come.
func (t *thread) ended(c *conn) {
	switch owed := t.owed(c); {
	case c.state != closing && c.state != silent:
		t.fail(c, "the server ended it")
	case owed != "" && c.state == silent:
		t.fail(c, "the server ended it before "+owed)
	default:
		t.drop(c, c.end.String())
	}
}
