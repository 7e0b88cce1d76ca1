package engine_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// Many goroutines send at once while connections close: whatever arrives is
// whole, and in the order in which each goroutine sent it.
func TestConcurrentSends(t *testing.T) {
	t.Parallel()
	const senders, peers, messages = 50, 4, 20
	r := record(echoing)
	s := serve(t, r, engine.Options{Loops: 2, MaxBuffered: 1 << 30})
	var conns []*engine.Conn
	var readers sync.WaitGroup
	for i := range peers {
		p := open(t, s)
		conns = append(conns, r.conn(t))
		readers.Go(func() { readNumbered(p, i%2 == 0, senders, messages) })
	}
	var sending sync.WaitGroup
	for sender := range senders {
		sending.Go(func() {
			for i := range messages {
				for _, c := range conns {
					sendNumbered(t, c, sender, i)
				}
				if sender == 0 && i == messages/2 {
					closeOdd(conns)
				}
			}
		})
	}
	sending.Wait()
	for i := 0; i < len(conns); i += 2 {
		conns[i].Close(codec.CloseNormal, "")
	}
	readers.Wait()
}

func closeOdd(conns []*engine.Conn) {
	for i, c := range conns {
		if i%2 == 1 {
			c.Close(codec.CloseNormal, "")
		}
	}
}

// sendNumbered sends message i of a sender, in one way or another.
func sendNumbered(t *testing.T, c *engine.Conn, sender, i int) {
	payload := fmt.Sprintf("%d %d %s", sender, i, strings.Repeat(strconv.Itoa(sender), i*i*i%3000))
	var err error
	switch i % 3 {
	case 0:
		err = c.Send(codec.Binary, []byte(payload))
	case 1:
		err = c.SendText(payload)
	case 2:
		err = c.SendPrepared(codec.Prepare(codec.Text, []byte(payload)))
	}
	if err != nil && err != engine.ErrClosed {
		t.Errorf("message %d of sender %d: %v", i, sender, err)
	}
}

// readNumbered checks all that comes until the Close frame, and that nothing
// is missing if all is due.
func readNumbered(p *peer, all bool, senders, messages int) {
	next := make([]int, senders)
	for {
		op, payload := p.next()
		if op == codec.Close {
			break
		}
		var sender, i int
		fmt.Sscanf(string(payload), "%d %d ", &sender, &i)
		want := fmt.Sprintf("%d %d %s", sender, i, strings.Repeat(strconv.Itoa(sender), i*i*i%3000))
		if string(payload) != want || i != next[sender] {
			p.t.Errorf("got %.40q as message %d of sender %d", payload, next[sender], sender)
			return
		}
		next[sender]++
	}
	for sender, n := range next {
		if all && n != messages {
			p.t.Errorf("%d messages of sender %d came, want %d", n, sender, messages)
		}
	}
	p.write(closing(codec.CloseNormal, ""))
	p.closeWrite()
}

// Everything else may be called from anywhere too, at any time.
func TestConcurrentAccess(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serve(t, r, engine.Options{})
	p := open(t, s)
	c := r.conn(t)
	var users sync.WaitGroup
	for i := range 8 {
		users.Go(func() {
			for range 200 {
				c.SetData(i)
				if _, ok := c.Data().(int); !ok {
					t.Errorf("Data is %v", c.Data())
				}
				if addr := c.RemoteAddr(); addr != nil && addr.String() != p.LocalAddr().String() {
					t.Errorf("RemoteAddr is %v, want %v", addr, p.LocalAddr())
				}
				c.LocalAddr()
				c.Buffered()
				c.Subprotocol()
				s.Stats()
			}
		})
	}
	for range 20 {
		p.write(text("x"))
		p.expect(codec.Text, "x")
	}
	c.Abort()
	r.end(t)
	users.Wait()
	if c.State() != engine.Closed || c.RemoteAddr() != nil || c.LocalAddr() != nil {
		t.Errorf("closed connection: %v %v %v", c.State(), c.RemoteAddr(), c.LocalAddr())
	}
}

func TestStateString(t *testing.T) {
	for state, want := range map[engine.State]string{
		engine.Connecting: "connecting", engine.Open: "open", engine.Closing: "closing", engine.Closed: "closed",
	} {
		if got := state.String(); got != want {
			t.Errorf("state %d is called %q, want %q", state, got, want)
		}
	}
}
