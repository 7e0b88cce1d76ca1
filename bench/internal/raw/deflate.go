package raw

import (
	"bytes"
	"fmt"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/corpus"
	"github.com/sockeye-ws/sockeye/codec"
)

// variety is the number of different messages that are compressed in turn.
const variety = 16

// deflate is the loads of compressed messages. What the client sends has been
// compressed before; what comes back is inflated once for each message, and
// compared as it is from then on: a server that compresses a message alone does
// so to the same bytes.
type deflate struct {
	*client
	exchanges []exchange
	turns     []turn // of the connections
	replies   uint64
	ratio     float64
}

// exchange is a message and its reply, as they are on the wire.
type exchange struct{ message, reply []byte }

// turn is where a connection is.
type turn struct {
	next   int // exchange
	off    int // bytes of its reply that are here
	served bool
}

func newDeflate(o Options, kind corpus.Kind) (load, error) {
	payloads, err := corpus.Messages(kind, o.Size, variety)
	if err != nil {
		return nil, err
	}
	c, err := open(o)
	if err != nil {
		return nil, err
	}
	d := &deflate{client: c, turns: make([]turn, len(c.conns))}
	if err := d.learn(payloads); err != nil {
		return d, err
	}
	for i := range d.turns {
		d.turns[i].next = i % variety
		if err := d.ask(i); err != nil {
			return d, err
		}
	}
	return d, nil
}

// learn exchanges each message once and keeps the reply.
func (d *deflate) learn(payloads [][]byte) error {
	sent, replied := 0, 0
	for _, p := range payloads {
		message := appendDeflated(nil, p)
		reply, err := exchangeDeflated(d.conns[0].fd, message, p, nil)
		if err != nil {
			return err
		}
		d.exchanges = append(d.exchanges, exchange{message, reply})
		sent += len(p)
		replied += len(reply)
	}
	d.ratio = float64(replied) / float64(sent)
	return nil
}

func (d *deflate) ask(i int) error {
	return write(d.conns[i].fd, d.exchanges[d.turns[i].next].message)
}

func (d *deflate) run(t time.Duration) error {
	return d.each(t, func(i int, _ uint32) (bool, error) { return false, d.readable(i) })
}

// readable takes what came, and sends the next message if that is a whole reply.
func (d *deflate) readable(i int) error {
	n, err := recv(d.conns[i].fd, d.buf[:])
	if err != nil {
		return err
	}
	t := &d.turns[i]
	rest := d.exchanges[t.next].reply[t.off:]
	if n > len(rest) {
		return errTooMany
	}
	if !bytes.Equal(d.buf[:n], rest[:n]) {
		return errDiffers
	}
	if t.off += n; n < len(rest) {
		return nil
	}
	*t = turn{next: (t.next + 1) % variety, served: true}
	d.replies++
	return d.ask(i)
}

func (d *deflate) count() uint64 { return d.replies }

func (d *deflate) check() error {
	return d.settle(d.run, len(d.turns), func(i int) bool { return d.turns[i].served })
}

// appendDeflated appends a text message as a compressed frame.
func appendDeflated(b, payload []byte) []byte {
	z := deflated(payload)
	b = codec.AppendHeader(b, codec.Header{Fin: true, Rsv: rsv1, OpCode: codec.Text, Masked: true, Mask: mask, Length: int64(len(z))})
	for i, c := range z {
		b = append(b, c^mask[i%len(mask)])
	}
	return b
}

// exchangeDeflated sends a message on a blocking socket and gives the reply, as
// it is on the wire. It fails unless it holds the payload, compressed, perhaps
// by the history, if that is worth it.
func exchangeDeflated(fd int, message, payload, history []byte) (reply []byte, err error) {
	if err := write(fd, message); err != nil {
		return nil, err
	}
	reply, got, compressed, err := readMessage(fd)
	if err != nil {
		return nil, err
	}
	if !compressed && !hardly(payload) {
		return nil, errPlain
	}
	if compressed {
		if got, err = inflated(got, history); err != nil {
			return nil, fmt.Errorf("inflating a reply: %w", err)
		}
	}
	if !bytes.Equal(got, payload) {
		return nil, errDiffers
	}
	return reply, nil
}
