package main

import (
	"bytes"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/compare"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/handshake"
)

var mask = [4]byte{0x12, 0x34, 0x56, 0x78}

// A comparison of servers is fair only if each of them does the whole work.
func TestPeers(t *testing.T) {
	for _, p := range compare.Peers {
		if p.Plain {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			s, err := proc.Start(program(p.Name))
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Stop(10 * time.Second); err != nil {
					t.Error(err)
				}
			}()
			converse(t, s.Addr)
			if err := s.Collect(); err != nil {
				t.Error(err)
			}
			dialPeer(t, s.Addr).expect(t, codec.Text, "after a collection", codec.AppendMaskedFrame(nil, codec.Text, []byte("after a collection"), mask))
		})
	}
}

// With -broadcast each message goes to every connection once, the sender's too.
func TestPeersBroadcast(t *testing.T) {
	for _, p := range compare.Peers {
		if p.Plain {
			continue // tested in its own folder
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			s, err := proc.Start(program(p.Name), "-broadcast")
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Stop(10 * time.Second); err != nil {
					t.Error(err)
				}
			}()
			broadcast(t, s.Addr)
		})
	}
}

// broadcast has three connections publish in turn, then one ends.
func broadcast(t *testing.T, addr string) {
	t.Helper()
	ping := codec.AppendMaskedFrame(nil, codec.Ping, []byte("there?"), mask)
	var all []*client
	for range 3 {
		c := dialPeer(t, addr)
		c.expect(t, codec.Pong, "there?", ping) // now the server has it on its list
		all = append(all, c)
	}
	publish := func(from *client, op codec.Opcode, payload string) {
		from.send(t, codec.AppendMaskedFrame(nil, op, []byte(payload), mask))
		for _, c := range all {
			c.next(t, op, payload)
		}
	}
	for i := range 6 {
		publish(all[i%3], codec.Binary, strings.Repeat(string(rune('a'+i)), 125))
	}
	for _, c := range all {
		c.expect(t, codec.Pong, "there?", ping) // and nothing else came before
	}
	all[0].conn.Close()
	all = all[1:]
	publish(all[0], codec.Text, "without the first")
	publish(all[1], codec.Text, "grüße")
}

func converse(t *testing.T, addr string) {
	large := make([]byte, 64<<10)
	rand.NewChaCha8([32]byte{}).Read(large)
	frame := func(op codec.Opcode, payload string) []byte {
		return codec.AppendMaskedFrame(nil, op, []byte(payload), mask)
	}
	fragment := func(op codec.Opcode, fin bool, payload string) []byte {
		return codec.AppendMaskedFragment(nil, op, fin, []byte(payload), mask)
	}
	c := dialPeer(t, addr)
	c.expect(t, codec.Text, "grüße", frame(codec.Text, "grüße"))
	c.expect(t, codec.Binary, "\x00\xff", frame(codec.Binary, "\x00\xff"))
	c.expect(t, codec.Binary, string(large[:1024]), frame(codec.Binary, string(large[:1024])))
	c.expect(t, codec.Binary, string(large), frame(codec.Binary, string(large)))
	c.expect(t, codec.Pong, "ping", frame(codec.Ping, "ping"))
	c.expect(t, codec.Text, "in pieces", fragment(codec.Text, false, "in "), fragment(codec.Continuation, true, "pieces"))
	c.expect(t, codec.Text, "cut", frame(codec.Text, "cut")[:3], frame(codec.Text, "cut")[3:])
	c.expect(t, codec.Text, "last", frame(codec.Text, "last"))
	many := frame(codec.Binary, strings.Repeat("x", 125))
	c.send(t, bytes.Repeat(many, 100))
	for range 100 {
		c.next(t, codec.Binary, strings.Repeat("x", 125))
	}
}

// client is the simplest client: it sends bytes and reads messages.
type client struct {
	conn    net.Conn
	decoder *codec.Decoder
	buf     []byte // what rest is a part of
	rest    []byte
}

func dialPeer(t *testing.T, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	c := &client{conn: conn, decoder: codec.NewDecoder(&codec.Config{Role: codec.Client}), buf: make([]byte, 32<<10)}
	request := handshake.ClientRequest{Host: addr, Target: "/", Key: handshake.NewKey()}
	head, err := handshake.AppendRequest(nil, &request)
	if err != nil {
		t.Fatal(err)
	}
	c.send(t, head)
	c.upgrade(t, &request)
	return c
}

func (c *client) upgrade(t *testing.T, request *handshake.ClientRequest) {
	t.Helper()
	var response handshake.Response
	var head []byte
	for {
		c.read(t)
		head = append(head, c.rest...)
		n, err := response.Parse(head, handshake.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			c.rest = head[n:]
			break
		}
	}
	if err := response.Check(request); err != nil {
		t.Fatal(err)
	}
}

func (c *client) send(t *testing.T, b []byte) {
	t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		t.Fatal(err)
	}
}

func (c *client) read(t *testing.T) {
	t.Helper()
	n, err := c.conn.Read(c.buf)
	if err != nil {
		t.Fatal(err)
	}
	c.rest = c.buf[:n]
}

// expect sends pieces, each in a packet of its own, and awaits one answer.
func (c *client) expect(t *testing.T, op codec.Opcode, payload string, pieces ...[]byte) {
	t.Helper()
	for _, b := range pieces {
		c.send(t, b)
	}
	c.next(t, op, payload)
}

func (c *client) next(t *testing.T, op codec.Opcode, payload string) {
	t.Helper()
	for {
		for len(c.rest) > 0 {
			got, p, n, err := c.decoder.Next(c.rest)
			if err != nil {
				t.Fatal(err)
			}
			c.rest = c.rest[n:]
			if got == codec.Continuation {
				continue
			}
			if got != op || string(p) != payload {
				t.Fatalf("opcode %v, %d bytes %.40q; want %v, %d bytes %.40q", got, len(p), p, op, len(payload), payload)
			}
			return
		}
		c.read(t)
	}
}
