package engine

import (
	"fmt"
	"strings"
)

// pushes are what came without being asked for.
type pushes struct {
	journal   int // the connection's number, or -1
	next      int // push
	count     int
	latest    map[string]int // the last number of each key
	latests   int
	cast      int // the last broadcast, or -1
	firstCast int
}

func newPushes() pushes { return pushes{journal: -1, latest: map[string]int{}, cast: -1} }

// take takes a message and checks that it is for this client, and in order.
func (p *pushes) take(c *simClient, b []byte) {
	var kind, key string
	var journal, n int
	head, _, _ := strings.Cut(string(b[:min(len(b), 40)]), "\x00")
	if _, err := fmt.Sscan(head, &kind, &journal, &n); err != nil {
		c.w.fail("client %d: got %q", c.number, head)
		return
	}
	if kind != "cast" {
		p.belongs(c, journal)
	}
	dropped := c.w.SendPolicy == DropOldest
	switch kind {
	case "push":
		if n < p.next || n > p.next && !dropped {
			c.w.fail("client %d: push %d came, %d was next", c.number, n, p.next)
		}
		p.next, p.count = n+1, p.count+1
	case "latest":
		fmt.Sscan(head, &kind, &journal, &n, &key)
		if n <= p.latest[key] {
			c.w.fail("client %d: %s %d came after %d", c.number, key, n, p.latest[key])
		}
		p.latest[key], p.latests = n, p.latests+1
	case "cast":
		if p.cast < 0 {
			p.firstCast, p.cast = n, n-1
		}
		if n <= p.cast || n > p.cast+1 && !c.w.drops() {
			c.w.fail("client %d: broadcast %d came after %d", c.number, n, p.cast)
		}
		p.cast = n
	}
}

// belongs sees to it that all messages are from one connection, this one.
func (p *pushes) belongs(c *simClient, journal int) {
	if p.journal < 0 {
		p.journal = journal
	}
	if j := c.w.byLink[c.link]; p.journal != journal || j != nil && j.number != journal {
		c.w.fail("client %d: got a message for another", c.number)
	}
}
