//go:build linux || darwin || freebsd

package loop

import (
	"bytes"
	"fmt"
	"syscall"
	"testing"

	"github.com/sockeye-ws/sockeye/pool"
)

// A write that fails ends the connection, but what the peer had sent before is
// heard first.
func TestFailedWrite(t *testing.T) {
	tests := []struct {
		name string
		call call // the one that fails
		send func(c *Conn)
	}{
		{"at once", callWrite, func(c *Conn) { c.send([]byte("x")) }},
		{"with a tail", callWritev, func(c *Conn) {
			c.Lock()
			c.CommitLocked(append(c.RoomLocked(1), 'x'), make([]byte, flushSize))
			c.Unlock()
		}},
		{"registering a full socket", callModify, func(c *Conn) {
			for !c.has(broken) {
				c.send(make([]byte, 8<<10))
			}
		}},
	}
	for _, tt := range tests {
		for _, corked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s corked %v", tt.name, corked), func(t *testing.T) {
				onEachNetwork(t, func(t *testing.T, network string) { testFailedWrite(t, network, tt.call, tt.send, corked) })
			})
		}
	}
}

func testFailedWrite(t *testing.T, network string, fails call, send func(*Conn), corked bool) {
	var heard []byte
	r := newRig(t, &script{})
	r.data = func(c *Conn, b []byte) {
		if heard = append(heard, b...); corked && !c.has(broken) {
			send(c)
		}
	}
	lent := pool.Lent()
	c, p := r.connect(network)
	before := noise[:3*readSize]
	if network == "unix" {
		before = noise[:readSize+readSize/2] // all that its buffer holds at once
	}
	p.send(before)
	r.sys.fail(fault{fails, 0, 1, syscall.EPIPE})
	if !corked {
		send(c)
	}
	r.untilClosed(c, syscall.EPIPE)
	if !bytes.Equal(heard, before) {
		t.Errorf("heard %d bytes of %d", len(heard), len(before))
	}
	if pool.Lent() != lent || c.out != nil {
		t.Errorf("%d buffers held", pool.Lent()-lent)
	}
}

// What failed is told even if the peer ends its stream before the connection
// is closed.
func TestFailedWriteIsTold(t *testing.T) {
	for _, during := range []string{"data", "ended"} {
		t.Run(during, func(t *testing.T) {
			var r *rig
			fail := func(c *Conn) {
				r.sys.fail(fault{callWrite, 0, 1, syscall.EPIPE})
				c.send([]byte("x"))
			}
			r = newRig(t, &script{
				data: func(c *Conn, _ []byte) {
					if during == "data" {
						fail(c)
					}
				},
				ended: func(c *Conn) {
					if during == "ended" {
						fail(c)
					}
					c.Finish(patience, 0)
				},
			})
			c, p := r.connect("unix")
			p.send([]byte("last"))
			p.CloseWrite()
			r.untilClosed(c, syscall.EPIPE)
		})
	}
}

// The same, when a write fails only once the socket takes bytes again, or
// while the connection finishes: then nobody hears the peer any more.
func TestFailedFlush(t *testing.T) {
	for _, finish := range []bool{false, true} {
		t.Run(fmt.Sprintf("finishing %v", finish), func(t *testing.T) {
			r := newRig(t, &script{})
			c, p := r.connect("unix")
			all := c.fillSocket()
			if finish {
				c.Finish(patience, 0)
			}
			p.send([]byte("before"))
			r.sys.fail(fault{callWrite, 0, 1, syscall.ECONNRESET})
			p.expect(all[:len(all)-c.Buffered()])
			r.untilClosed(c, syscall.ECONNRESET)
			if got := string(r.got[c]); !finish && got != "before" {
				t.Errorf("heard %q", got)
			}
		})
	}
}
