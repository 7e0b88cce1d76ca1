package leak

import (
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"

	"github.com/sockeye-ws/sockeye/codec"
)

// maxBatch is when a batch of messages is sent.
const maxBatch = 64 << 10

// pieces is how many batches there are for each that is sent in two pieces.
const pieces = 8

// fill sends the messages that c may send now, many at a time.
func (t *thread) fill(c *conn) {
	for len(c.out) == 0 && c.state == present {
		t.out = t.out[:0]
		for len(t.out) < maxBatch {
			m, ok := t.duty.next(c)
			if !ok {
				break
			}
			t.out = t.appendMessage(t.out, c, m)
		}
		if len(t.out) == 0 {
			return
		}
		if t.random.IntN(pieces) == 0 {
			t.writePart(c, t.out)
		} else {
			t.write(c, t.out)
		}
	}
}

// appendMessage appends a message, one of 16 in several fragments, with pings
// between and behind them.
func (t *thread) appendMessage(b []byte, c *conn, m Message) []byte {
	op, _ := m.shape()
	t.want = m.Append(t.want[:0])
	dice := t.random.Uint32()
	left := t.want
	if dice%16 == 0 {
		for range 1 + dice>>8%3 {
			n := t.random.IntN(len(left) + 1)
			b = codec.AppendMaskedFragment(b, op, false, left[:n], t.mask())
			op, left = codec.Continuation, left[n:]
			b = t.appendPing(b, c, 4)
		}
	}
	b = codec.AppendMaskedFragment(b, op, true, left, t.mask())
	return t.appendPing(b, c, 32)
}

// appendPing appends a ping in one of n cases.
func (t *thread) appendPing(b []byte, c *conn, n int) []byte {
	if t.random.IntN(n) > 0 {
		return b
	}
	ping := c.ping(c.pings)
	c.pings++
	var payload [codec.MaxControlPayload + wordSize]byte
	return codec.AppendMaskedPing(b, ping.Append(payload[:0]), t.mask())
}

func (t *thread) mask() (mask [4]byte) {
	binary.LittleEndian.PutUint32(mask[:], t.random.Uint32())
	return mask
}

// write sends b, or keeps what the socket does not take.
func (t *thread) write(c *conn, b []byte) {
	if len(c.out) > 0 {
		c.out = append(c.out, b...)
		return
	}
	n, err := unix.Write(c.fd, b)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		n = 0
	case err != nil:
		t.fail(c, os.NewSyscallError("write", err).Error())
		return
	}
	if n < len(b) {
		c.out = append(c.out, b[n:]...)
		t.rewatch(c, unix.EPOLLIN|unix.EPOLLOUT)
	}
}

// writePart sends a part of b, and the rest when other connections have had
// their turn: so the server holds incomplete messages of several.
func (t *thread) writePart(c *conn, b []byte) {
	n := t.random.IntN(len(b))
	if t.write(c, b[:n]); c.state == absent {
		return
	}
	if len(c.out) == 0 {
		t.rewatch(c, unix.EPOLLIN|unix.EPOLLOUT)
	}
	c.out = append(c.out, b[n:]...)
}

// flush sends what the socket did not take.
func (t *thread) flush(c *conn) {
	n, err := unix.Write(c.fd, c.out)
	if err != nil && err != unix.EAGAIN && err != unix.EINTR {
		t.fail(c, os.NewSyscallError("write", err).Error())
		return
	}
	c.out = c.out[:copy(c.out, c.out[max(n, 0):])]
	if len(c.out) == 0 {
		t.rewatch(c, unix.EPOLLIN)
	}
}

func (t *thread) rewatch(c *conn, events uint32) {
	if err := t.watch(c, unix.EPOLL_CTL_MOD, events); err != nil {
		t.fail(c, err.Error())
	}
}
