package faults

import (
	"net"
	"testing"
)

// TestResetMidWrite resets connections while the server still has megabytes to
// send on them.
func TestResetMidWrite(t *testing.T) {
	for name, flags := range map[string][]string{"loops": nil, "workers": workers} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, append(flags, "-write-timeout", "5m")...)
			others := openAll(t, 4, s.addr, chat)
			for range rounds(2) {
				flooding := flood(t, s, 4)
				waitUntil(t, "the server cannot send", func() bool { return s.stock(t).Buffered > 4*backlog })
				for _, c := range flooding {
					c.Conn.(*net.TCPConn).SetLinger(0) // closing resets
					c.Close()
				}
				goOn(t, others, 3)
			}
			mustComplete(t, others...)
			s.mustRecover(t, 0)
		})
	}
}

// rounds is how often to repeat something: n times, or more if all is asked for.
func rounds(n int) int {
	if full {
		return 10 * n
	}
	return n
}

// backlog is what a server at least holds for a client whose socket is full.
const backlog = 64 << 10

// flood opens clients that send and never read.
func flood(t *testing.T, s *server, n int) (all []*client) {
	t.Helper()
	for range n {
		c := dial(s.addr, bulk)
		if c.err != nil {
			t.Fatal(c.err)
		}
		t.Cleanup(func() { c.Close() })
		go func() {
			for seq := uint64(0); c.send(bulk, seq) == nil; seq++ {
			}
		}()
		all = append(all, c)
	}
	return all
}

// to finds the server's socket to a client's port.
func (s *server) to(t *testing.T, port int) socket {
	t.Helper()
	for _, k := range sockets(t, s.pid) {
		if k.local == s.port() && k.remote == port {
			return k
		}
	}
	return socket{}
}
