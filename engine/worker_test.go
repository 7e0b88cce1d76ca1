package engine_test

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// gate is a handler's way to block: a message "block" waits until the test
// lets it go on, and is then echoed as every other one.
type gate struct {
	*recorder
	blocked chan string   // the messages that wait
	open    chan struct{} // closed: they go on
}

func newGate(t testing.TB) *gate {
	g := &gate{recorder: record(engine.HandlerFuncs{}), blocked: make(chan string, 100), open: make(chan struct{})}
	g.Message = func(c *engine.Conn, op codec.Opcode, p []byte) {
		if strings.HasPrefix(string(p), "block") {
			g.blocked <- string(p)
			<-g.open
		}
		c.Send(op, p)
	}
	t.Cleanup(g.release)
	return g
}

func (g *gate) release() {
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

// block opens a connection whose handler is blocked by its first message.
func (g *gate) block(t testing.TB, s *running) (*peer, *engine.Conn) {
	t.Helper()
	p := open(t, s)
	c := g.conn(t)
	p.write(text("block"))
	receive(t, "the handler to block", g.blocked)
	return p, c
}

func numberedTexts(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(text(fmt.Sprint(i)))
	}
	return b.String()
}

// The calls of one connection never overlap and keep their order, whichever
// worker makes them.
func TestWorkersKeepOrder(t *testing.T) {
	t.Parallel()
	const conns, messages = 100, 100
	type state struct {
		busy atomic.Bool
		next int
	}
	enter := func(c *engine.Conn) (*state, func()) {
		s, _ := c.Data().(*state)
		if s == nil || !s.busy.CompareAndSwap(false, true) {
			t.Error("a call came before OnOpen, or while another was under way")
			return new(state), func() {}
		}
		return s, func() { s.busy.Store(false) }
	}
	var closed sync.WaitGroup
	closed.Add(conns)
	s := serve(t, engine.HandlerFuncs{
		Open: func(c *engine.Conn) { c.SetData(new(state)) },
		Message: func(c *engine.Conn, op codec.Opcode, p []byte) {
			st, leave := enter(c)
			defer leave()
			if string(p) != fmt.Sprint(st.next) {
				t.Errorf("got message %q, want %d", p, st.next)
			}
			st.next++
			c.Send(op, p)
		},
		Close: func(c *engine.Conn, _ error) {
			st, leave := enter(c)
			defer leave()
			if st.next != messages {
				t.Errorf("OnClose after %d messages", st.next)
			}
			closed.Done()
		},
	}, engine.Options{Workers: 4, Mailbox: 8, Loops: 2})
	var peers []*peer
	for range conns {
		p := open(t, s)
		p.write(numberedTexts(messages))
		peers = append(peers, p)
	}
	for _, p := range peers {
		for i := range messages {
			p.expect(codec.Text, fmt.Sprint(i))
		}
		p.closeWrite()
	}
	closed.Wait()
	eventually(t, "the mailboxes to go", func() bool { return engine.Mailboxes(s.Server) == 0 })
}

// While a handler blocks, its loop goes on: with neighbours, newcomers, and
// the connection's own pings.
func TestBlockedHandlerHarmsNobodyElse(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	s := serve(t, g, engine.Options{Workers: 2})
	neighbour := open(t, s)
	g.conn(t)
	p, _ := g.block(t, s)
	neighbour.write(text("unharmed"))
	neighbour.expect(codec.Text, "unharmed")
	newcomer := open(t, s)
	newcomer.write(text("new"))
	newcomer.expect(codec.Text, "new")
	p.write(frame(codec.Ping, "there?"))
	p.expect(codec.Pong, "there?")
	g.release()
	p.expect(codec.Text, "block")
}

// With all workers busy, connections wait for their turn, and get it.
func TestMoreBlockedThanWorkers(t *testing.T) {
	t.Parallel()
	const workers, conns = 2, 10
	g := newGate(t)
	s := serve(t, g, engine.Options{Workers: workers})
	var peers []*peer
	for range workers {
		p, _ := g.block(t, s)
		peers = append(peers, p)
	}
	for len(peers) < conns {
		p := open(t, s)
		p.write(text("block"))
		peers = append(peers, p)
	}
	eventually(t, "all to wait", func() bool { return s.Stats().MessagesIn == conns })
	if n := len(g.blocked); n != 0 {
		t.Errorf("%d handlers too many are running", n)
	}
	g.release()
	for _, p := range peers {
		p.expect(codec.Text, "block")
	}
}

// A connection with very many messages shares its worker with the others.
func TestWorkersTakeTurns(t *testing.T) {
	t.Parallel()
	const greedy = 60
	g := newGate(t)
	var handled atomic.Int32
	message := g.Message
	g.Message = func(c *engine.Conn, op codec.Opcode, p []byte) {
		if n := handled.Add(1); string(p) == "how many?" {
			p = fmt.Append(nil, n)
		}
		message(c, op, p)
	}
	s := serve(t, g, engine.Options{Workers: 1})
	modest := open(t, s)
	g.conn(t)
	p, _ := g.block(t, s)
	p.write(numberedTexts(greedy))
	modest.write(text("how many?"))
	eventually(t, "all to wait", func() bool { return s.Stats().MessagesIn == greedy+2 })
	g.release()
	_, answer := modest.next()
	if n, err := strconv.Atoi(string(answer)); err != nil || n > greedy/2 {
		t.Errorf("its turn came only after %s messages", answer)
	}
	p.expect(codec.Text, "block")
	for i := range greedy {
		p.expect(codec.Text, fmt.Sprint(i))
	}
}

// When a mailbox is full its connection is not read from, and when there is
// room again nothing has been lost.
func TestFullMailboxStopsReading(t *testing.T) {
	t.Parallel()
	for _, size := range []int{10, 1000, 100_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			const total = 8 << 20
			g := newGate(t)
			s := serve(t, g, engine.Options{Workers: 2, Mailbox: 8, MaxBuffered: 2 * total})
			neighbour := open(t, s)
			g.conn(t)
			p, c := g.block(t, s)
			n := min(total/size, 10_000)
			go func() {
				for i := range n {
					io.WriteString(p.Conn, frame(codec.Binary, numbered(i, size)))
				}
			}()
			eventually(t, "the mailbox to be full", func() bool { return engine.Held(c) })
			const most = 300_000 // what was read of the message that filled it and behind it
			for range 20 {
				neighbour.write(text("x"))
				neighbour.expect(codec.Text, "x")
			}
			if in := s.Stats().BytesIn; in > most {
				t.Errorf("%d bytes were read, though nothing is handled", in)
			}
			if st := s.Stats(); st.MessagesIn > 40 {
				t.Errorf("%d messages were decoded", st.MessagesIn)
			}
			g.release()
			p.expect(codec.Text, "block")
			for i := range n {
				p.expect(codec.Binary, numbered(i, size))
			}
		})
	}
}

// A peer that is not listened to cannot show that it is there.
func TestHeldPeerIsNotSilent(t *testing.T) {
	t.Parallel()
	const idle = 50 * time.Millisecond
	g := newGate(t)
	s := serve(t, g, engine.Options{Workers: 1, Mailbox: 1, IdleTimeout: idle})
	p, c := g.block(t, s)
	p.write(numberedTexts(3))
	eventually(t, "the mailbox to be full", func() bool { return engine.Held(c) })
	<-time.After(5 * idle)
	if c.State() != engine.Open {
		t.Fatalf("the connection is %v", c.State())
	}
	g.release()
	p.expect(codec.Text, "block")
	for i := range 3 {
		for op, got := p.next(); op != codec.Text || string(got) != fmt.Sprint(i); op, got = p.next() {
			if op != codec.Ping {
				t.Fatalf("got opcode %d %q, want message %d", op, got, i)
			}
		}
	}
}

// A peer that asks for much more than it reads is answered as it reads, and
// not closed for it.
func TestWorkerWaitsForSlowReader(t *testing.T) {
	t.Parallel()
	const asked, size = 40, 300_000
	r := record(engine.HandlerFuncs{})
	r.Message = func(c *engine.Conn, _ codec.Opcode, p []byte) {
		if err := c.Send(codec.Binary, []byte(string(p)+pattern(size))); err != nil {
			t.Errorf("reply %s: %v", p, err)
		}
	}
	s := serve(t, r, engine.Options{Workers: 2, MaxBuffered: 256 << 10})
	p := open(t, s)
	c := r.conn(t)
	narrow(t, c)
	p.write(numberedTexts(asked))
	eventually(t, "the worker to wait", func() bool { return engine.Parked(c) })
	for i := range asked {
		p.expect(codec.Binary, fmt.Sprint(i)+pattern(size))
	}
	if got := c.State(); got != engine.Open {
		t.Errorf("the connection is %v", got)
	}
}

// Like a handler on a loop, one on a worker may answer a single message with
// more than MaxBuffered, up to MaxMessage more, though its peer pauses.
func TestWorkerHasRoomForReplies(t *testing.T) {
	t.Parallel()
	const replies, size = 8, 512 << 10
	sent := make(chan error, replies)
	r := record(engine.HandlerFuncs{Message: func(c *engine.Conn, _ codec.Opcode, p []byte) {
		for range replies {
			sent <- c.Send(codec.Binary, make([]byte, size))
		}
	}})
	s := serve(t, r, engine.Options{Workers: 1, MaxBuffered: 64 << 10, MaxMessage: replies * size})
	p := open(t, s)
	c := r.conn(t)
	narrow(t, c)
	p.write(text("all"))
	for range replies {
		if err := receive(t, "a reply to be sent", sent); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the handler to return", func() bool { return !engine.Handling(c) })
	if err := c.Send(codec.Binary, make([]byte, size)); !errors.Is(err, engine.ErrBufferFull) {
		t.Errorf("what is no reply: %v, want ErrBufferFull", err)
	}
}

// A reply leaves although other messages wait and its handler goes on to block.
func TestReplyBeforeBlocking(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	echo := g.Message
	g.Message = func(c *engine.Conn, op codec.Opcode, p []byte) {
		if string(p) == "block again" {
			c.SendText("working on it")
		}
		echo(c, op, p)
	}
	s := serve(t, g, engine.Options{Workers: 1})
	p, _ := g.block(t, s)
	p.write(text("first") + text("block again") + text("last"))
	eventually(t, "the messages to wait", func() bool { return s.Stats().MessagesIn == 4 })
	g.open <- struct{}{}
	receive(t, "the handler to block again", g.blocked)
	for _, want := range []string{"block", "first", "working on it"} {
		p.expect(codec.Text, want)
	}
	g.release()
	p.expect(codec.Text, "block again")
	p.expect(codec.Text, "last")
}

func TestOnDrainOnWorkers(t *testing.T) {
	t.Parallel()
	drained := make(chan *engine.Conn, 1)
	r := record(engine.HandlerFuncs{Drain: func(c *engine.Conn) { drained <- c }})
	s := serve(t, r, engine.Options{Workers: 1, MaxBuffered: 64 << 20})
	p := open(t, s)
	c := r.conn(t)
	for c.Buffered() == 0 {
		if err := c.SendText(pattern(1 << 20)); err != nil {
			t.Fatal(err)
		}
	}
	go io.Copy(io.Discard, p.Conn)
	if got := receive(t, "OnDrain", drained); got != c {
		t.Error("OnDrain came for another connection")
	}
}

func TestOnPongOnWorkers(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	pongs := make(chan string, 1)
	g.Pong = func(_ *engine.Conn, p []byte) { pongs <- string(p) }
	p, _ := g.block(t, serve(t, g, engine.Options{Workers: 1}))
	p.write(frame(codec.Pong, "after the message"))
	g.release()
	p.expect(codec.Text, "block")
	if got := receive(t, "the pong", pongs); got != "after the message" {
		t.Errorf("pong %q", got)
	}
}

// A connection that Dial opens stays on its loop, whoever's that is: nothing
// that is posted there runs while its handler does.
func TestDialedConnectionHasNoWorkers(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{Workers: 2})
	handled := make(chan bool, 1)
	c := dial(t, s, engine.HandlerFuncs{Message: func(c *engine.Conn, _ codec.Opcode, p []byte) {
		posted := make(chan struct{})
		engine.Post(c, func() { close(posted) })
		select {
		case <-posted:
			handled <- false
		case <-time.After(20 * time.Millisecond):
			handled <- true
		}
	}}, engine.DialOptions{Server: s.Server})
	c.SendText("echo")
	if !receive(t, "the echo", handled) {
		t.Error("the handler ran beside its loop")
	}
}
