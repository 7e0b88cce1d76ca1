package faults

import (
	"strings"
	"syscall"
	"testing"
)

// TestStoppedClient stops a client's process while messages are on their way
// both ways. Once it goes on, it gets everything in order.
func TestStoppedClient(t *testing.T) {
	t.Parallel()
	s := start(t, "-write-timeout", "5m")
	others := openAll(t, 2, s.addr, chat)
	c := startChild(t, nil, s.addr, "bulk")
	waitUntil(t, "the server cannot send", func() bool { return s.stock(t).Buffered > backlog })
	c.cmd.Process.Signal(syscall.SIGSTOP)
	c.begin()
	goOn(t, others, 5)
	c.cmd.Process.Signal(syscall.SIGCONT)
	if said := c.end(t, true); !strings.HasSuffix(said, "complete") {
		t.Errorf("the client said %q", said)
	}
	mustComplete(t, others...)
	s.mustRecover(t, 0)
}

// TestStoppedClientIsCut stops a client for longer than the server bears:
// WriteTimeout if its socket is full, IdleTimeout if it owes a pong.
func TestStoppedClientIsCut(t *testing.T) {
	for _, row := range []struct {
		name, plan string
		flags      []string
	}{
		{"full socket", "bulk", []string{"-write-timeout", "1s"}},
		{"full socket, workers", "bulk", []string{"-write-timeout", "1s", "-workers", "4"}},
		{"silent", "quiet", []string{"-idle-timeout", "4s"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, row.flags...)
			others := openAll(t, 2, s.addr, chat)
			cut := func() bool { return s.stock(t).Connections == len(others) }
			c := startChild(t, nil, s.addr, row.plan)
			if row.plan == "bulk" {
				waitUntil(t, "the server cannot send", func() bool { return s.stock(t).Buffered > backlog || cut() })
			}
			c.cmd.Process.Signal(syscall.SIGSTOP)
			c.begin()
			waitUntil(t, "the server has cut it", cut)
			c.cmd.Process.Signal(syscall.SIGCONT)
			if said := c.end(t, false); !strings.Contains(said, "cut: ") {
				t.Errorf("the client said %q", said)
			}
			mustComplete(t, others...)
			s.mustRecover(t, 0)
		})
	}
}
