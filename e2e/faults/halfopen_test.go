package faults

import (
	"strings"
	"testing"
)

// TestHalfOpen cuts the network between server and client for good. The server
// ends the connection when nothing has come for IdleTimeout, and serves others.
func TestHalfOpen(t *testing.T) {
	for _, plan := range []string{"quiet", "chat", "bulk"} {
		t.Run(plan, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t)
			s := startIn(t, nil, n.here+":0", "-idle-timeout", "4s")
			others := openAll(t, 2, s.addr, chat)
			c := startChild(t, n.within(), s.addr, plan)
			c.begin()
			waitUntil(t, "all are open", func() bool { return s.stock(t).Connections == len(others)+1 })
			n.cut(t)
			waitUntil(t, "the server has given up", func() bool { return s.stock(t).Connections == len(others) })
			goOn(t, others, 3)
			n.mend(t)
			if said := c.end(t, true); !strings.Contains(said, "cut: ") {
				t.Errorf("the client said %q", said)
			}
			again := startChild(t, n.within(), s.addr, "brief")
			again.begin()
			if said := again.end(t, false); !strings.HasSuffix(said, "complete") {
				t.Errorf("the client that came back said %q", said)
			}
			mustComplete(t, others...)
			s.mustRecover(t, 0)
		})
	}
}

// TestShortCut cuts the network for less than IdleTimeout: nothing is lost.
func TestShortCut(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	s := startIn(t, nil, n.here+":0")
	c := startChild(t, n.within(), s.addr, "bulk")
	c.begin()
	waitUntil(t, "it is open", func() bool { return s.stock(t).Connections == 1 })
	n.cut(t)
	waitUntil(t, "the server's system has sent in vain", func() bool { return s.to(t, c.port).retries > 0 })
	n.mend(t)
	if said := c.end(t, true); !strings.HasSuffix(said, "complete") {
		t.Errorf("the client said %q", said)
	}
	s.mustRecover(t, 0)
}
