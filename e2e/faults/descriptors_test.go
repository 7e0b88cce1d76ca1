package faults

import (
	"testing"
	"time"
)

// TestDescriptorLimit has 200 clients come to a server that may open 60
// descriptors. Who is in is served; who is not is ended or waits, and comes in
// as others leave; and the server does not run in circles meanwhile.
func TestDescriptorLimit(t *testing.T) {
	const limit, crowd = 60, 200
	for name, flags := range map[string][]string{"loops": nil, "workers": workers} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startIn(t, []string{"prlimit", "--nofile=60:60"}, "127.0.0.1:0", flags...)
			arrived := make(chan *client, crowd)
			for range crowd {
				go func() { arrived <- dial(s.addr, chat) }()
			}
			in := welcomed(t, arrived, (limit-s.before.Descriptors)/2)
			waitUntil(t, "no descriptor is left", func() bool { return len(descriptors(s.pid)) >= limit-1 })
			s.mustRest(t)
			for _, c := range in {
				go c.talk(chat)
			}
			goOn(t, in, 5)
			mustComplete(t, in...)
			leaveInTurn(t, arrived, crowd-len(in))
			s.mustRecover(t, 0)
		})
	}
}

// welcomed gives the first n clients that are in.
func welcomed(t *testing.T, arrived chan *client, n int) (in []*client) {
	t.Helper()
	var away []*client
	for len(in) < n {
		if c := next(t, arrived); c.err == nil {
			in = append(in, c)
		} else {
			away = append(away, c)
		}
	}
	for _, c := range away {
		arrived <- c
	}
	return in
}

func next(t *testing.T, arrived <-chan *client) *client {
	t.Helper()
	select {
	case c := <-arrived:
		return c
	case <-time.After(patience):
		t.Fatal("a client is neither let in nor turned away")
		return nil
	}
}

// mustRest looks for a while at what the server takes of the processors: little,
// as even on a busy machine one that runs in circles would get more.
func (s *server) mustRest(t *testing.T) {
	t.Helper()
	const span = 2 * time.Second
	before := cpuTime(t, s.pid)
	time.Sleep(span)
	if used := cpuTime(t, s.pid) - before; used > span/20 {
		t.Errorf("the server used %v in %v, with nothing to do but to wait for descriptors", used, span)
	}
}

// leaveInTurn lets each client that comes in have some answers and go, which
// makes room for another.
func leaveInTurn(t *testing.T, arrived <-chan *client, n int) {
	t.Helper()
	served, away := 0, 0
	for range n {
		c := next(t, arrived)
		switch {
		case c.err == nil:
			c.talk(chat.briefly())
			served++
		case cut(c.err):
			away++
			continue
		}
		if c.err != nil {
			t.Errorf("connection %d: %v", c.id, c.err)
		}
	}
	t.Logf("%d more came in, %d were turned away", served, away)
}
