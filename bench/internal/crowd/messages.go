package crowd

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/codec"
)

// MinSize is the least size of a message: what tells it from all others.
const MinSize = 8

// contents makes messages: a key, and a piece of something pseudo-random that
// depends on it.
type contents struct {
	pattern []byte
	buf     []byte
}

const offsets = 1 << 12 // of pieces in the pattern

func newContents(size int) contents {
	t := contents{make([]byte, size+offsets), make([]byte, size)}
	rand.NewChaCha8([32]byte{}).Read(t.pattern)
	return t
}

// of gives the message with a key; it is valid until the next call.
func (t *contents) of(key uint64) []byte {
	binary.LittleEndian.PutUint64(t.buf, key)
	copy(t.buf[MinSize:], t.pattern[key%offsets:])
	return t.buf
}

const errDiffers = "message differs from what was sent"

// Echo has all connections but the first send a message, and compares what
// comes back.
func (c *Crowd) Echo(ctx context.Context) result.Outcome {
	began, t := c.begin(), newContents(c.options.Size)
	c.message = func(i int, payload []byte) string {
		if !bytes.Equal(payload, t.of(uint64(i))) {
			return errDiffers
		}
		return ""
	}
	c.eachInWindow(ctx, 1, func(i int) {
		if c.members[i].state != present {
			c.settle(i)
		} else if err := c.send(i, codec.Binary, t.of(uint64(i))); err != nil {
			c.fail(i, err.Error())
		}
	})
	c.message = nil
	o := c.outcome(began)
	o.Sent = uint64(o.Conns)
	return o
}

// Broadcast has the first connection send a message, which the server has to
// send to all, once to each.
func (c *Crowd) Broadcast(ctx context.Context) result.Outcome {
	began := c.begin()
	contents := newContents(c.options.Size)
	want := bytes.Clone(contents.of(1<<63 + uint64(time.Now().UnixNano())))
	c.message = func(_ int, payload []byte) string {
		if !bytes.Equal(payload, want) {
			return errDiffers
		}
		return ""
	}
	for i := range c.members {
		c.members[i].since = began.at
		c.members[i].done = c.members[i].state != present
	}
	c.begun = c.Connected()
	if err := c.send(0, codec.Binary, want); err != nil {
		c.fail(0, err.Error())
	}
	c.serve(ctx, func() bool { return c.settled == c.begun })
	c.giveUp(ctx, 0, len(c.members))
	c.message = nil
	o := c.outcome(began)
	o.Sent = 1
	return o
}

// AwaitClose answers the server's Close frames until all connections have
// ended. Another code is an error.
func (c *Crowd) AwaitClose(ctx context.Context, code codec.CloseCode) (closed int) {
	c.begin()
	c.closing = code
	c.serve(ctx, func() bool { return c.Connected() == 0 })
	c.giveUp(ctx, 0, len(c.members))
	return int(c.closed.Load())
}
