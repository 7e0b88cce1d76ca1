//go:build unix

package loop

import "testing"

// What is gathered leaves in one call: when the loop gets to it, with
// the next that does not wait, or when the connection finishes.
func TestGather(t *testing.T) {
	ends := map[string]struct {
		leave func(r *rig, c *Conn)
		want  string
	}{
		"the loop":       {func(r *rig, c *Conn) { r.tick() }, "onetwo"},
		"the next":       {func(r *rig, c *Conn) { c.Ungather(); c.send([]byte("three")) }, "onetwothree"},
		"the end":        {func(r *rig, c *Conn) { c.Finish(patience, 0) }, "onetwo"},
		"the end corked": {func(r *rig, c *Conn) { c.cork(); c.Finish(patience, 0); c.uncork() }, "onetwo"},
	}
	for name, test := range ends {
		t.Run(name, func(t *testing.T) {
			onEachNetwork(t, func(t *testing.T, network string) {
				r := newRig(t, &script{})
				c, p := r.connect(network)
				c.Gather()
				c.send([]byte("one"))
				c.send([]byte("two"))
				p.expectNothing()
				test.leave(r, c)
				p.expect([]byte(test.want))
				if n := r.sys.count(callWrite) + r.sys.count(callWritev); n != 1 {
					t.Errorf("written %d times", n)
				}
			})
		})
	}
}

// As much as a corked connection gathers is sent, and what the socket does not
// take waits as ever.
func TestGatherIsBounded(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		r := newRig(t, &script{})
		c, p := r.connect(network)
		c.Gather()
		c.send(make([]byte, flushSize-1))
		p.expectNothing()
		c.send(make([]byte, 1))
		p.expect(make([]byte, flushSize))
		all := c.fillSocket()
		read := p.expectMeanwhile(all)
		r.until("sent", func() bool { return c.Buffered() == 0 })
		check(t, read)
	})
}
