package engine

import (
	"bytes"
	"fmt"
	"syscall"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/handshake"
)

func (c *simClient) read() {
	if c.fd < 0 || c.done() {
		return
	}
	b := c.w.readBuf[:1+c.w.sys.Rand.IntN(len(c.w.readBuf))]
	n, e := c.w.sys.Read(c.fd, b)
	switch {
	case e == syscall.ECONNRESET:
		c.failed = true
	case e != 0:
	case n == 0:
		c.eof = true
	default:
		c.take(c.unseal(b[:n]))
	}
	if (c.failed || c.eof) && !c.open && c.fd >= 0 {
		c.unanswered()
	}
}

// take takes bytes of the response or of frames.
func (c *simClient) take(b []byte) {
	if len(b) > 0 && !c.open {
		c.respond(b)
	} else {
		c.receive(b)
	}
}

// unanswered is the end of a connection before its response.
func (c *simClient) unanswered() {
	if c.plan != halfRequest {
		c.w.saw["unanswered"]++
		c.again()
	}
}

// respond reads the response.
func (c *simClient) respond(b []byte) {
	c.head = append(c.head, b...)
	var response handshake.Response
	n, err := response.Parse(c.head, handshake.Limits{})
	if err == nil && n == 0 {
		return
	}
	if s := response.Status(); err == nil && (s == 503 && (c.w.drained || c.w.MaxConns > 0) || s == 429 && c.w.limited()) {
		c.w.saw[fmt.Sprint("answered ", s)]++
		c.again()
		return
	}
	if err == nil {
		err = response.Check(&c.request)
	}
	if err != nil || c.plan == halfRequest {
		c.w.fail("client %d: handshake: %v", c.number, err)
		return
	}
	c.open = true
	c.agree(&response)
	c.receive(c.head[n:])
}

func (c *simClient) receive(b []byte) {
	for len(b) > 0 {
		op, p, n, err := c.decoder.Next(b)
		if err != nil {
			c.w.fail("client %d: the server broke the protocol: %v", c.number, err)
			return
		}
		b = b[n:]
		c.handle(op, p)
	}
}

func (c *simClient) handle(op codec.Opcode, p []byte) {
	switch op {
	case codec.Text:
		c.echo(p)
	case codec.Binary:
		c.got.take(c, p)
	case codec.Ping:
		if c.tls != nil && c.finished {
			return // nothing can be sealed any more
		}
		c.out = codec.AppendMaskedPong(c.out, p, c.mask())
		c.frames++
		c.w.saw["pings from the server"]++
	case codec.Close:
		c.code, _, _ = codec.ParseClosePayload(p)
		if c.plan != violate && !c.finished && !(c.ending && c.closes()) {
			c.out = codec.AppendMaskedClose(c.out, c.code, "", c.mask())
			c.messages, c.ending = nil, true
		}
	}
}

// echo takes an echo. Those before it must have been dropped, if there are any.
func (c *simClient) echo(p []byte) {
	for first := c.echoes; c.echoes < len(c.sent); c.echoes++ {
		if c.echoes > first && !c.w.drops() {
			break
		}
		if bytes.Equal(p, c.sent[c.echoes]) {
			c.echoes++
			c.echoed++
			if len(p) > fragmentSize {
				c.w.saw[largerEchoes]++
			}
			return
		}
	}
	c.w.fail("client %d: %d echoes of %d messages, and the next is %.30q", c.number, c.echoes, len(c.sent), p)
}
