package raw

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// broadcast is the load of that name.
type broadcast struct {
	*client
	plain      bool
	payload    []byte // its first bytes are the message's number
	frame      []byte // as it is sent
	delivery   []byte // as it arrives
	published  uint64
	deliveries uint64
	left       int // connections that the message has not reached
}

var errTwice = errors.New("a message arrived twice")

func newBroadcast(o Options) (load, error) {
	c, err := open(o)
	if err != nil {
		return nil, err
	}
	b := &broadcast{client: c, plain: o.Plain, payload: payload(o.Size)}
	if err := b.join(); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *broadcast) count() uint64 { return b.deliveries }
func (b *broadcast) check() error  { return nil } // run has seen to it

// join waits until the server has each connection on its list. A server may
// send the end of the handshake before that, but answers a ping after it. One
// without WebSocket has listed them all before it reads a byte.
func (b *broadcast) join() error {
	if b.plain {
		return nil
	}
	ping := codec.AppendMaskedFrame(nil, codec.Ping, nil, mask)
	pong := codec.AppendFrame(nil, codec.Pong, nil)
	for i := range b.conns {
		if err := b.ask(b.conns[i].fd, ping, pong); err != nil {
			return fmt.Errorf("ping on connection %d: %w", i+1, err)
		}
	}
	return nil
}

// run publishes for d, and at least once.
func (b *broadcast) run(d time.Duration) error {
	for end := time.Now().Add(d); ; {
		if err := b.publish(); err != nil {
			return err
		}
		if !time.Now().Before(end) {
			return nil
		}
	}
}

// publish sends a message and waits until it has reached every connection.
func (b *broadcast) publish() error {
	b.encode()
	if err := write(b.conns[0].fd, b.frame); err != nil {
		return err
	}
	b.published++
	b.left = len(b.conns)
	err := b.each(b.patience, func(i int, _ uint32) (bool, error) {
		err := b.readable(&b.conns[i])
		return b.left == 0, err
	})
	if err == nil && b.left > 0 {
		err = fmt.Errorf("message %d has not reached %d of %d connections within %v", b.published, b.left, len(b.conns), b.patience)
	}
	return err
}

// encode makes the next message.
func (b *broadcast) encode() {
	var number [8]byte
	binary.LittleEndian.PutUint64(number[:], b.published)
	copy(b.payload, number[:])
	b.frame = codec.AppendMaskedFrame(b.frame[:0], codec.Binary, b.payload, mask)
	b.delivery = codec.AppendFrame(b.delivery[:0], codec.Binary, b.payload)
	if b.plain {
		b.delivery = append(b.delivery[:0], b.frame...)
	}
}

func (b *broadcast) readable(k *conn) error {
	n, err := recv(k.fd, b.buf[:])
	if n == 0 || err != nil {
		return err
	}
	if k.seen == b.published || k.off+n > len(b.delivery) {
		return errTwice
	}
	if !bytes.Equal(b.buf[:n], b.delivery[k.off:k.off+n]) {
		return errDiffers
	}
	if k.off += n; k.off == len(b.delivery) {
		k.off = 0
		k.seen++
		b.deliveries++
		b.left--
	}
	return nil
}
