package fault

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// kind is a kind of fault. An error of do is the server's.
type kind struct {
	name     string // what the client does
	early    bool   // before it is a WebSocket
	messages bool   // it sends whole messages
	do       func(c *client) error
}

var kinds = []kind{
	{"resets at once", true, false, (*client).reset},
	{"ends within its request", true, false, endsInRequest},
	{"never ends its request", true, false, neverAsks},
	{"asks for a page", true, false, asksForPage},
	{"resets within a message", false, false, resetsInMessage},
	{"resets with answers under way", false, true, resetsUnanswered},
	{"ends its side within a message", false, false, endsInMessage},
	{"closes within a message", false, false, closesInMessage},
	{"vanishes", false, false, vanishes},
	{"vanishes with answers under way", false, true, vanishesUnanswered},
	{"does nothing", false, false, doesNothing},
	{"floods and does not read", false, true, floodsUnread},
	{"breaks a rule", false, false, breaksRule},
	{"sends too large a message", false, false, sendsTooMuch},
	{"sends too many fragments", false, false, sendsTooManyFragments},
	{"sends too many messages", false, true, sendsTooManyMessages},
}

func (c *client) partOfRequest() error {
	return c.write([]byte(request[:c.random.IntN(len(request))]))
}

func endsInRequest(c *client) error { return c.partOfRequest() }

func neverAsks(c *client) error {
	if err := c.partOfRequest(); err != nil {
		return err
	}
	c.within(c.HandshakeTimeout)
	return c.expectEnd()
}

func asksForPage(c *client) error {
	c.within(0)
	if err := c.write([]byte("GET / HTTP/1.1\r\nHost: bench\r\n\r\n")); err != nil {
		return err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	io.Copy(io.Discard, answer.Body)
	if answer.StatusCode < 400 || answer.StatusCode > 499 {
		return errors.New("answered with " + answer.Status)
	}
	return c.expectEnd()
}

// partOfMessage sends a message of up to 200 KB, but not all of it: perhaps
// some fragments, and a part of a frame.
func (c *client) partOfMessage() error {
	var b []byte
	op := codec.Binary
	for range c.random.IntN(3) {
		b = append(b, c.frame(op, false, c.some(50_000))...)
		op = codec.Continuation
	}
	last := c.frame(op, true, c.some(50_000))
	return c.write(append(b, last[:1+c.random.IntN(len(last)-1)]...))
}

// messages sends some messages of all sizes.
func (c *client) someMessages() error {
	var b []byte
	for range 1 + c.random.IntN(20) {
		b = append(b, c.frame(codec.Binary, true, c.some(1<<c.random.IntN(17)))...)
	}
	return c.write(b)
}

func resetsInMessage(c *client) error { return errors.Join(c.partOfMessage(), c.reset()) }

func resetsUnanswered(c *client) error { return errors.Join(c.someMessages(), c.reset()) }

func endsInMessage(c *client) error {
	if err := c.partOfMessage(); err != nil {
		return err
	}
	c.conn.CloseWrite()
	c.within(0)
	return c.expectEnd()
}

func closesInMessage(c *client) error {
	fragment := c.frame(codec.Binary, false, c.some(50_000))
	closing := codec.AppendMaskedClose(nil, codec.CloseNormal, "", c.mask())
	if err := c.write(append(fragment, closing...)); err != nil {
		return err
	}
	c.within(0)
	return c.expectClose(codec.CloseNormal)
}

func vanishes(c *client) error {
	return c.vanish(c.partOfMessage)
}

func vanishesUnanswered(c *client) error {
	return c.vanish(c.someMessages)
}

// vanish is gone from the network after a while. When the server must have
// given the connection up, it goes without a FIN, which nobody would answer.
func (c *client) vanish(last func() error) error {
	if err := errors.Join(last(), c.deafen()); err != nil {
		return err
	}
	time.Sleep(max(c.IdleTimeout, c.WriteTimeout))
	return c.reset()
}

// doesNothing reads only when it should have been cut long since.
func doesNothing(c *client) error {
	time.Sleep(c.IdleTimeout)
	c.within(0)
	return c.expectEnd()
}

// floodsUnread sends until the server ends the connection, because nothing of
// the answers is read.
func floodsUnread(c *client) error {
	c.within(c.WriteTimeout + c.IdleTimeout)
	message := c.frame(codec.Binary, true, c.some(50_000))
	for {
		if err := c.write(message); isEnd(err) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// violations are frames that break a rule, each with the answer to it.
var violations = []struct {
	frame string
	code  codec.CloseCode
}{
	{"\x81\x02hi", codec.CloseProtocolError},                                               // unmasked
	{"\x83\x80\x01\x02\x03\x04", codec.CloseProtocolError},                                 // a reserved opcode
	{"\xc1\x80\x01\x02\x03\x04", codec.CloseProtocolError},                                 // a reserved bit
	{"\x80\x80\x01\x02\x03\x04", codec.CloseProtocolError},                                 // nothing to continue
	{"\x09\x80\x01\x02\x03\x04", codec.CloseProtocolError},                                 // a ping in fragments
	{"\x89\xfe\x00\x7e\x01\x02\x03\x04", codec.CloseProtocolError},                         // too long a ping
	{"\x88\x81\x00\x00\x00\x00x", codec.CloseProtocolError},                                // half a close code
	{"\x88\x82\x00\x00\x00\x00\x03\xed", codec.CloseProtocolError},                         // close code 1005
	{"\x81\x82\x00\x00\x00\x00\xc3\x28", codec.CloseInvalidPayload},                        // no UTF-8
	{"\x82\xff\x80\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00", codec.CloseProtocolError}, // a negative length
}

func breaksRule(c *client) error {
	v := violations[c.random.IntN(len(violations))]
	if err := c.write([]byte(v.frame)); err != nil {
		return err
	}
	c.within(0)
	return c.expectClose(v.code)
}

// sendsTooMuch begins a message that is twice as large as the server takes.
func sendsTooMuch(c *client) error {
	header := codec.AppendHeader(nil, codec.Header{Fin: true, OpCode: codec.Binary, Masked: true, Length: 2 << 20})
	if err := c.write(append(header, c.some(1000)...)); err != nil {
		return err
	}
	c.within(0)
	return c.expectClose(codec.CloseMessageTooBig)
}

const maxFragments = 65_536 // the server's limit

func sendsTooManyFragments(c *client) error {
	first, other := c.frame(codec.Binary, false, nil), c.frame(codec.Continuation, false, nil)
	return c.flood(slices.Concat(first, bytes.Repeat(other, maxFragments)))
}

func sendsTooManyMessages(c *client) error {
	return c.flood([]byte(strings.Repeat(string(c.frame(codec.Text, true, nil)), 2*c.MaxMessageRate)))
}

// flood sends what breaks a limit, and reads at the same time.
func (c *client) flood(b []byte) error {
	c.within(0)
	go c.conn.Write(b) // ends with the connection, at the latest
	return c.expectClose(codec.ClosePolicyViolation)
}
