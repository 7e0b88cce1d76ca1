package engine

import (
	"bytes"
	"compress/flate"
	"log/slog"
	"net/netip"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/engine/internal/sim"
)

// throng is a server on a simulated system, and many clients that are ready in
// the same tick.
type throng struct {
	t        *testing.T
	sys      *sim.System
	sessions *sessions
	clients  []int // their sockets
	handled  []int // messages of each
}

func newThrong(t *testing.T, clients int, extensions string) *throng {
	th := &throng{t: t, sys: sim.New(1), handled: make([]int, clients)}
	th.sys.Calm = true
	server := NewServer(HandlerFuncs{Message: th.message}, Options{Logger: slog.New(slog.DiscardHandler), Compression: &Compression{}})
	g, err := newGroup(th.sys, 1, server)
	if err != nil {
		t.Fatal(err)
	}
	server.group, th.sessions = g, g.sessions[0]
	listening := th.sys.Listen()
	if e := th.sessions.loop.Listen(&loop.Listener{FD: listening, Accepted: acceptor(nil)}); e != 0 {
		t.Fatal(e)
	}
	for i := range clients {
		fd, _ := th.sys.Connect(listening, i, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}))
		th.clients = append(th.clients, fd)
	}
	t.Cleanup(th.end)
	th.sendAll([]byte("GET / HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + extensions + "\r\n"))
	th.until("all to be open", func() bool { return server.Stats().Open == int64(clients) })
	i := 0
	th.sessions.each(func(c *Conn) { c.SetData(i); i++ })
	return th
}

func (th *throng) message(c *Conn, _ codec.Opcode, _ []byte) { th.handled[c.Data().(int)]++ }

// sendAll has each client send b, which fits into its socket.
func (th *throng) sendAll(b []byte) {
	th.t.Helper()
	for _, fd := range th.clients {
		left := b
		for range 10_000 { // it may be taken in pieces
			n, _ := th.sys.Write(fd, left)
			left = left[max(n, 0):]
		}
		if len(left) > 0 {
			th.t.Fatalf("%d of %d bytes do not fit", len(left), len(b))
		}
	}
}

// end ends the loop, and with it all connections.
func (th *throng) end() {
	th.sessions.loop.Stop()
	if err := th.sessions.loop.Run(); err != nil {
		th.t.Error(err)
	}
}

func (th *throng) tick() {
	if err := th.sessions.loop.Tick(); err != nil {
		th.t.Fatal(err)
	}
}

func (th *throng) until(what string, over func() bool) {
	th.t.Helper()
	for range 10_000 {
		if over() {
			return
		}
		th.tick()
	}
	th.t.Fatal("in vain for ", what)
}

// Of many who send much at once, the first have whole turns, the others parts.
func TestCrowdedTickHasShortTurns(t *testing.T) {
	const clients, messages = 40, 35
	th := newThrong(t, clients, "")
	message := codec.AppendMaskedFrame(nil, codec.Binary, []byte("x"), [4]byte{})
	one := th.sessions.clientOf(0).profile.work(nil, codec.Binary, len(message), 1, true)
	th.sessions.share = 16 * one
	th.sendAll(bytes.Repeat(message, messages))
	th.tick()
	total := 0
	for _, n := range th.handled {
		total += n
	}
	// What makes it crowded, perhaps all of a turn more, the others' parts, and
	// the turn of one that has yielded.
	if least, most := crowd*16, (crowd+2)*16+clients*16/crowdedPart; total < least || total > most {
		t.Errorf("%d messages in a tick, want %d to %d", total, least, most)
	}
	th.until("all messages", func() bool {
		for _, n := range th.handled {
			if n < messages {
				return false
			}
		}
		return true
	})
}

// Those who are in the middle of a compressed message do not go on with it in a
// tick that is crowded: their turn is to come, and comes.
func TestCrowdedTickPutsInflatingOff(t *testing.T) {
	const clients = 40
	th := newThrong(t, clients, "Sec-WebSocket-Extensions: permessage-deflate\r\n")
	var z bytes.Buffer
	w, err := flate.NewWriter(&z, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(make([]byte, DefaultMaxMessage/8))
	w.Flush()
	bomb := bytes.TrimSuffix(z.Bytes(), []byte{0, 0, 0xFF, 0xFF})
	head := codec.AppendHeader(nil, codec.Header{Fin: true, Rsv: 0b100, OpCode: codec.Binary, Masked: true, Length: int64(len(bomb))})
	const begun = 60 // which becomes more than 32 KiB
	th.sendAll(append(head, bomb[:begun]...))
	th.until("all to have begun", func() bool {
		held := 0
		th.sessions.each(func(c *Conn) {
			if c.rx != nil && c.rx.rest == nil && !c.conn.Yielded() {
				held++
			}
		})
		return held == clients
	})
	th.sendAll(bomb[begun:])
	before := map[*Conn]int{}
	th.sessions.each(func(c *Conn) { before[c] = c.rx.decoder.Held() })
	th.sessions.share = 1 << 10 // a byte of this bomb is more
	th.tick()
	waiting := 0
	th.sessions.each(func(c *Conn) {
		if c.rx != nil && c.rx.decoder.Held() == before[c] {
			waiting++
			if rest := c.rx.rest; rest != nil && c.rx.charged < c.rx.decoder.Held()+cap(rest.B) {
				t.Errorf("%d bytes are counted, of them %d wait", c.rx.charged, cap(rest.B))
			}
		}
	})
	// One more has yielded, and had its turn.
	if went := clients - waiting; went == 0 || went > crowd+1 {
		t.Errorf("%d of %d went on, want some, at most %d", went, clients, crowd+1)
	}
	th.until("all messages", func() bool {
		for _, n := range th.handled {
			if n == 0 {
				return false
			}
		}
		return true
	})
}

// Nor do those who are in the middle of a large one, wherever its bytes are to be
// read to.
func TestCrowdedTickPutsLargeOff(t *testing.T) {
	const begun = 65 << 10 // its place has grown then
	th := newThrong(t, 1, "")
	c := th.sessions.clientOf(0)
	th.sendAll(codec.AppendHeader(nil, codec.Header{Fin: true, OpCode: codec.Binary, Masked: true, Length: DefaultMaxMessage}))
	send := func(n int) {
		for n > 0 {
			wrote, _ := th.sys.Write(th.clients[0], make([]byte, min(n, 100)))
			n -= max(wrote, 0)
			th.tick()
		}
	}
	send(begun)
	th.until("all to be read", func() bool { return !c.conn.Yielded() })
	th.sessions.before = crowd * th.sessions.share
	if room := th.sessions.Room(&c.conn); room != nil || !c.conn.Yielded() {
		t.Errorf("room for %d bytes, yielded %v", len(room), c.conn.Yielded())
	}
	th.sendAll([]byte{0})
	th.tick()
	if room := th.sessions.Room(&c.conn); len(room) < minDirect || c.conn.Yielded() {
		t.Errorf("room for %d bytes in the next tick, yielded %v", len(room), c.conn.Yielded())
	}
	send(DefaultMaxMessage - begun - 2)
	th.sessions.before = crowd * th.sessions.share
	th.sessions.Data(&c.conn, []byte{0})
	if th.handled[0] != 0 || !c.conn.Held() {
		t.Errorf("%d messages in a crowded tick, held %v", th.handled[0], c.conn.Held())
	}
	th.until("the message", func() bool { return th.handled[0] == 1 })
}

// What a connection holds is counted while it waits for its turn, too.
func TestRoomOfWaitingIsCounted(t *testing.T) {
	th := newThrong(t, 1, "")
	c := th.sessions.clientOf(0)
	th.sendAll(codec.AppendHeader(nil, codec.Header{Fin: true, OpCode: codec.Binary, Masked: true, Length: DefaultMaxMessage}))
	for sent := 0; sent < DefaultMaxMessage-minDirect; {
		n, _ := th.sys.Write(th.clients[0], make([]byte, 100))
		sent += max(n, 0)
		th.tick()
		if c.rx == nil || c.conn.Yielded() {
			continue
		}
		before := c.rx.decoder.Held()
		th.sessions.before = crowd * th.sessions.share
		th.sessions.Room(&c.conn)
		if held := receiverCost + c.rx.decoder.Held(); held != c.rx.charged && c.conn.Yielded() {
			t.Fatalf("%d bytes sent: waits with %d bytes, had %d before Room, %d are counted", sent, held, before, c.rx.charged)
		}
	}
}

// What was done in a tick is forgotten at its end, though nobody had a turn.
func TestNextTickIsNotCrowded(t *testing.T) {
	th := newThrong(t, 1, "")
	message := codec.AppendMaskedFrame(nil, codec.Binary, []byte("x"), [4]byte{})
	for n := 1; n <= 3; n++ {
		th.sendAll(message)
		th.until("a message", func() bool { return th.handled[0] == n })
		if th.sessions.before != 0 || th.sessions.worked != 0 {
			t.Fatalf("%d and %d after a tick", th.sessions.before, th.sessions.worked)
		}
	}
}

// clientOf gives a connection by the number of its client.
func (s *sessions) clientOf(i int) (found *Conn) {
	s.each(func(c *Conn) {
		if c.Data() == i {
			found = c
		}
	})
	return found
}
