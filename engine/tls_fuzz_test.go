package engine

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/engine/internal/sim"
)

// victim is a server for wss on a simulated system, and the socket of its one
// client.
type victim struct {
	t       *testing.T
	sys     *sim.System
	server  *Server
	shakers *simHandshakers
	link    *sim.Link
	fd      int
	got     []string // messages
}

func newVictim(t *testing.T, seed uint64) *victim {
	v := &victim{t: t, sys: sim.New(seed)}
	v.sys.Calm = true
	v.server = NewServer(HandlerFuncs{Message: func(_ *Conn, _ codec.Opcode, p []byte) { v.got = append(v.got, string(p)) }},
		Options{Logger: slog.New(slog.DiscardHandler)})
	v.shakers = hireHandshakers(v.sys.Rand, v.server)
	g, err := newGroup(v.sys, 1, v.server)
	if err != nil {
		t.Fatal(err)
	}
	v.server.group = g
	listening := v.sys.Listen()
	if e := g.sessions[0].loop.Listen(&loop.Listener{FD: listening, Accepted: acceptor(simServerTLS())}); e != 0 {
		t.Fatal(e)
	}
	v.fd, v.link = v.sys.Connect(listening, 0, netip.AddrFrom4([4]byte{192, 0, 2, 1}))
	return v
}

// step lets the server do what it can.
func (v *victim) step() {
	if err := v.server.group.sessions[0].loop.Tick(); err != nil {
		v.t.Fatal(err)
	}
	v.shakers.step(true)
}

// send writes b, at most n bytes at a time or a thousandth of all, as long as
// the server takes it.
func (v *victim) send(b []byte, n int) {
	n = max(n, len(b)/1000)
	for stuck := 0; len(b) > 0 && stuck < 100; {
		wrote, e := v.sys.Write(v.fd, b[:min(n, len(b))])
		stuck++
		if e == 0 {
			b, stuck = b[wrote:], 0
		}
		v.step()
	}
}

// receive gives what the server has sent.
func (v *victim) receive() []byte {
	b := make([]byte, 64<<10)
	v.step()
	n, e := v.sys.Read(v.fd, b)
	if e != 0 {
		n = 0
	}
	return b[:n]
}

// open does both handshakes.
func (v *victim) open() *simTLS {
	c := newSimTLS(v.sys.Rand)
	var answer []byte
	exchange := func(what string, over func() bool) {
		for range 1000 {
			if over() {
				return
			}
			v.send(c.takeOut(), 1<<20)
			plain, err := c.receive(v.receive())
			if err != nil {
				v.t.Fatal(err)
			}
			answer = append(answer, plain...)
		}
		v.t.Fatal("in vain for ", what)
	}
	exchange("the TLS handshake", func() bool { return c.over })
	c.conn.Write([]byte("GET / HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"))
	exchange("the answer", func() bool { return bytes.HasSuffix(answer, []byte("\r\n\r\n")) })
	return c
}

// end ends the client's stream. The server must then end, in time, and give all
// back.
func (v *victim) end() {
	v.sys.CloseWrite(v.fd)
	for i := 0; !v.link.Closed; i++ {
		if i == 1000 {
			v.t.Fatal("the connection does not end")
		}
		v.receive()
		v.sys.Advance(100 * time.Millisecond)
	}
	v.sys.Close(v.fd)
	v.step()
	if st := v.server.Stats(); st.Memory != 0 || st.Connections != 0 || st.Panics != 0 {
		v.t.Errorf("stats: %+v", st)
	}
	l := v.server.group.sessions[0].loop
	l.Stop()
	if err := l.Run(); err != nil {
		v.t.Error(err)
	}
	if n := v.sys.Open(); n != 0 || v.sys.Misuse != "" {
		v.t.Errorf("%d descriptors are open; %s", n, v.sys.Misuse)
	}
}

func (t *simTLS) takeOut() []byte {
	b := t.out
	t.out = nil
	return b
}

// tamper changes records as script says: flips bits, cuts, drops, doubles and
// swaps them, and puts others in between.
func tamper(records [][]byte, script []byte) [][]byte {
	for len(script) >= 4 && len(records) > 0 {
		do, at, b := script[0]%7, int(script[1])%len(records), script[2:4]
		script = script[4:]
		record := records[at]
		switch place := (int(b[0])<<8 | int(b[1])) % len(record); do {
		case 0:
			records[at] = bytes.Clone(record)
			records[at][place] ^= 1 << (b[0] & 7)
		case 1:
			records[at] = record[:max(place, 1)]
		case 2:
			records = slices.Delete(records, at, at+1)
		case 3:
			records = slices.Insert(records, at, record)
		case 4:
			records[at], records[0] = records[0], record
		case 5:
			records = slices.Insert(records, at, []byte{20 + b[0]%4, 3, 3, 0, 1, b[1]})
		case 6:
			n := min(int(b[0]), len(script))
			if n > 0 {
				records = slices.Insert(records, at, script[:n])
			}
			script = script[n:]
		}
	}
	return records
}

// FuzzTLSTampered has somebody on the way change what a client sends. What came
// before is delivered, and nothing that the client has not sent, in its order.
func FuzzTLSTampered(f *testing.F) {
	f.Add(uint64(0), byte(255), []byte{})
	for do := range byte(7) {
		f.Add(uint64(do), byte(50*do), []byte{do, 2 + do, 7, do})
		f.Add(uint64(do+10), byte(0), []byte{do, 0, 0, 1, do, 3, 1, 0, 23, 3, 3, 0, 0})
	}
	f.Fuzz(func(t *testing.T, seed uint64, chunk byte, script []byte) {
		Rest(t)
		defer Rest(t)
		v := newVictim(t, seed)
		c := v.open()
		var records, genuine [][]byte
		var sent []string
		var last []int // record of each message
		for i, size := range []int{3, 0, 200, 20_000, 1, 70, 5000, 9} {
			message := fmt.Sprint(i, string(make([]byte, size)))
			c.conn.Write(codec.AppendMaskedFrame(nil, codec.Text, []byte(message), [4]byte{1, 2, 3, 4}))
			for b := c.takeOut(); len(b) > 0; {
				n := recordSize(b)
				records, b = append(records, b[:n]), b[n:]
			}
			sent, last = append(sent, message), append(last, len(records))
		}
		genuine = slices.Clone(records)
		changed := tamper(records, script)
		whole := 0 // records that come as they were sent
		for stream := bytes.Join(changed, nil); whole < len(genuine) && bytes.HasPrefix(stream, genuine[whole]); whole++ {
			stream = stream[len(genuine[whole]):]
		}
		v.send(bytes.Join(changed, nil), 1+int(chunk)*int(chunk))
		v.end()
		least := 0
		for least < len(last) && last[least] <= whole {
			least++
		}
		if n := len(v.got); n < least || n > len(sent) || !slices.Equal(v.got, sent[:n]) {
			t.Errorf("%d messages were delivered of %d, at least %d came as they were sent", n, len(sent), least)
		}
	})
}

// FuzzTLSHandshake has a client say anything instead of its hello, or after it.
func FuzzTLSHandshake(f *testing.F) {
	f.Add(uint64(1), byte(3), true, []byte{})
	f.Add(uint64(2), byte(0), true, []byte("\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x05hello"))
	f.Add(uint64(3), byte(9), false, []byte("\x16\x03\x01\x00\x04\x01\x00\x00\x00"))
	f.Add(uint64(4), byte(200), false, []byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, seed uint64, chunk byte, hello bool, b []byte) {
		Rest(t)
		defer Rest(t)
		v := newVictim(t, seed)
		if hello {
			c := newSimTLS(v.sys.Rand)
			defer c.close()
			v.send(c.takeOut(), 1+int(chunk))
		}
		v.send(b, 1+int(chunk)*int(chunk))
		v.end()
		if len(v.got) > 0 || v.server.Stats().Opened > 0 {
			t.Errorf("%d connections were opened, %d messages came", v.server.Stats().Opened, len(v.got))
		}
	})
}
