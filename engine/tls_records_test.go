package engine_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
	"github.com/sockeye-ws/sockeye/pool"
)

// altered is a connection whose writes pass through a function, which gives the
// parts that are written one by one: the next only when the server has read
// the last.
type altered struct {
	net.Conn
	s      *running
	t      testing.TB
	change func(b []byte) [][]byte // nil: as it is
	sent   uint64
}

func (a *altered) Write(b []byte) (int, error) {
	parts := [][]byte{b}
	if a.change != nil {
		parts = a.change(b)
	}
	for _, part := range parts {
		if n, err := a.Conn.Write(part); err != nil {
			return n, err
		}
		a.sent += uint64(len(part))
		if len(parts) > 1 {
			eventually(a.t, "it to be read", func() bool { return a.s.Stats().BytesIn >= a.sent || a.s.Stats().Connections == 0 })
		}
	}
	return len(b), nil
}

// alter opens a connection whose writes can be changed, the only one of s.
func alter(t *testing.T, s *running, client *tls.Config, change func([]byte) [][]byte) (*peer, *altered) {
	t.Helper()
	p := connect(t, s.addr)
	a := &altered{Conn: p.Conn, s: s, t: t, change: change}
	p.Conn = a
	p, _, err := p.over(client)
	if err != nil {
		t.Fatal(err)
	}
	p.write(request)
	p.upgraded()
	return p, a
}

// dribble sends byte by byte.
func dribble(b []byte) (parts [][]byte) {
	for i := range b {
		parts = append(parts, b[i:i+1])
	}
	return parts
}

func TestTLSDribble(t *testing.T) {
	t.Parallel()
	eachVersion(t, func(t *testing.T, client *tls.Config) {
		s := serveTLS(t, echoing, engine.Options{HandshakeTimeout: patience})
		p, _ := alter(t, s, client, dribble)
		p.echoes(1, 100, 1000)
		p.write(closing(codec.CloseNormal, ""))
		p.expectClose(codec.CloseNormal, "")
		p.expectEOF()
	})
}

// A record may come in two parts, wherever it is cut.
func TestTLSSplitRecords(t *testing.T) {
	t.Parallel()
	eachVersion(t, func(t *testing.T, client *tls.Config) {
		s := serveTLS(t, echoing, engine.Options{})
		p, a := alter(t, s, client, nil)
		at := 1
		a.change = func(b []byte) [][]byte { return [][]byte{b[:min(at, len(b))], b[min(at, len(b)):]} }
		for ; at < 80; at++ {
			p.echoes(20)
		}
	})
}

// Records that come together are handled together, in order, with the
// beginning of the next kept.
func TestTLSCoalescedRecords(t *testing.T) {
	t.Parallel()
	eachVersion(t, func(t *testing.T, client *tls.Config) {
		s := serveTLS(t, echoing, engine.Options{})
		p, a := alter(t, s, client, nil)
		var all []byte
		a.change = func(b []byte) [][]byte { all = append(all, b...); return nil }
		sizes := []int{0, 1, 100, 20_000, 3, 16 << 10, 40_000, 7}
		for range 5 {
			for _, size := range sizes {
				p.write(text(pattern(size)))
			}
		}
		a.change = nil
		for n := 1; len(all) > 0; n = n*3 + 1 {
			n = min(n, len(all))
			a.Write(all[:n])
			all = all[n:]
		}
		for range 5 {
			for _, size := range sizes {
				p.expect(codec.Text, pattern(size))
			}
		}
	})
}

// The request and messages may come with the end of the handshake.
func TestTLSEarlyData(t *testing.T) {
	t.Parallel()
	onLoopsAndWorkers(t, func(t *testing.T, workers int) {
		s := serveTLS(t, echoing, engine.Options{Workers: workers, Upgrade: func(*handshake.Request) (engine.Accept, error) { return engine.Accept{}, nil }})
		p := connect(t, s.addr)
		a := &altered{Conn: p.Conn, s: s, t: t}
		p.Conn = a
		writes := 0
		var held []byte
		a.change = func(b []byte) [][]byte {
			if writes++; writes == 1 {
				return [][]byte{b}
			}
			held = append(held, b...)
			return nil
		}
		p, _, err := p.over(clientTLS())
		if err != nil {
			t.Fatal(err)
		}
		p.write(request[:30])
		p.write(request[30:] + text("one") + text("two")[:3])
		p.write(text("two")[3:])
		a.change = nil
		a.Write(held)
		p.upgraded()
		p.expect(codec.Text, "one")
		p.expect(codec.Text, "two")
	})
}

// A record that was tampered with is answered with an alert, and ends the
// connection.
func TestTLSTampered(t *testing.T) {
	t.Parallel()
	eachVersion(t, func(t *testing.T, client *tls.Config) {
		r := record(echoing)
		s := serveTLS(t, r, engine.Options{})
		p, a := alter(t, s, client, nil)
		p.echoes(10)
		a.change = func(b []byte) [][]byte { b[len(b)-1] ^= 1; return [][]byte{b} }
		p.write(text("tampered with"))
		if _, err := p.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("told %v", err)
		}
		end := r.end(t)
		if end.Code != codec.CloseAbnormal || end.Clean || end.Err == nil || !strings.Contains(end.Err.Error(), "bad record MAC") {
			t.Errorf("ended with %v", end)
		}
	})
}

// An alert of the peer's is its end, and OnClose tells which it was.
func TestTLSPeersAlert(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serveTLS(t, r, engine.Options{})
	p, a := alter(t, s, clientTLS(), nil)
	c := r.conn(t)
	a.Conn = flipping{a.Conn}
	c.SendText("to be tampered with")
	p.Read(make([]byte, 1)) // fails, and sends the alert
	if end := r.end(t); end.Err == nil || !strings.Contains(end.Err.Error(), "bad record MAC") {
		t.Errorf("ended with %v", end)
	}
}

// flipping tampers with what is read.
type flipping struct{ net.Conn }

func (f flipping) Read(b []byte) (int, error) {
	n, err := f.Conn.Read(b)
	if n > 0 {
		b[n-1] ^= 1
	}
	return n, err
}

// The end of the stream within TLS is one, whatever TCP says; without one, TCP's
// end counts. Before a Close frame both are too early.
func TestTLSEnds(t *testing.T) {
	t.Parallel()
	eachVersion(t, func(t *testing.T, client *tls.Config) {
		r := record(echoing)
		s := serveTLS(t, r, engine.Options{})
		p, tc := openTLS(t, s, client)
		p.write(text("last"))
		if err := tc.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		p.expect(codec.Text, "last")
		p.expectEOF()
		if end := r.end(t); end.Err != io.ErrUnexpectedEOF || end.Code != codec.CloseAbnormal {
			t.Errorf("close_notify: ended with %v", end)
		}
		p, _ = openTLS(t, s, client)
		p.write(text("last"))
		if err := p.Conn.(dataFirst).NetConn().(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		p.expect(codec.Text, "last")
		p.expectEOF()
		if end := r.end(t); end.Err != io.ErrUnexpectedEOF || end.Code != codec.CloseAbnormal {
			t.Errorf("truncated: ended with %v", end)
		}
		p, _ = openTLS(t, s, client)
		p.write(closing(codec.CloseNormal, ""))
		if err := p.Conn.(dataFirst).NetConn().(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		p.expectClose(codec.CloseNormal, "")
		p.expectEOF()
		if end := r.end(t); end.Err != nil || !end.Clean {
			t.Errorf("closed: ended with %v", end)
		}
	})
}

// The server's last record, after the Close frame, tells that nothing more
// comes.
func TestTLSCloseNotify(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{})
	client := clientTLS()
	client.MaxVersion = tls.VersionTLS12 // later the kind of a record is secret
	p := connect(t, s.addr)
	kept := &keeping{Conn: p.Conn}
	p.Conn = kept
	p, _, err := p.over(client)
	if err != nil {
		t.Fatal(err)
	}
	p.write(request)
	p.upgraded()
	p.write(closing(codec.CloseNormal, ""))
	p.expectClose(codec.CloseNormal, "")
	p.expectEOF()
	var kinds []byte
	for b := kept.got; len(b) >= 5; b = b[5+(int(b[3])<<8|int(b[4])):] {
		kinds = append(kinds, b[0])
	}
	const data, alert = 23, 21
	if n := len(kinds); n < 2 || kinds[n-1] != alert || kinds[n-2] != data {
		t.Errorf("records of the kinds %v", kinds)
	}
}

// keeping keeps what is read.
type keeping struct {
	net.Conn
	got []byte
}

func (k *keeping) Read(b []byte) (int, error) {
	n, err := k.Conn.Read(b)
	k.got = append(k.got, b[:n]...)
	return n, err
}

func TestTLSShutdown(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serveTLS(t, r, engine.Options{HandshakeTimeout: patience})
	p, _ := openTLS(t, s, clientTLS())
	r.conn(t)
	half := connect(t, s.addr)
	half.write(helloOf(t)[:50])
	waiting, _ := connectTLS(t, s, clientTLS())
	eventually(t, "all to be there", func() bool { st := s.Stats(); return st.Connections == 3 && st.TLSHandshakes == 2 })
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(within(t, patience)) }()
	p.expectClose(codec.CloseGoingAway, "server is shutting down")
	p.write(closing(codec.CloseGoingAway, ""))
	p.expectEOF()
	waiting.expectRefusal("503 Service Unavailable")
	half.expectCut()
	waiting.Close()
	if err := receive(t, "Shutdown", done); err != nil {
		t.Error(err)
	}
}

// A peer that does not read has no more unsent than it may; it is not kept from
// reading later.
func TestTLSBackpressure(t *testing.T) {
	t.Parallel()
	const most = 256 << 10
	r := record(echoing)
	s := serveTLS(t, r, engine.Options{MaxBuffered: most, SendPolicy: engine.DropNewest})
	p, _ := openTLS(t, s, clientTLS())
	c := r.conn(t)
	narrow(t, c)
	message := pattern(20_000)
	sent := 0
	for ; ; sent++ {
		err := c.SendText(message)
		if errors.Is(err, engine.ErrBufferFull) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := c.Buffered(); n > most+21_000 {
			t.Fatalf("%d bytes unsent", n)
		}
	}
	if n := c.Buffered(); n < most/2 {
		t.Errorf("only %d bytes unsent", n)
	}
	for range sent {
		p.expect(codec.Text, message)
	}
	eventually(t, "all to be sent", func() bool { return c.Buffered() == 0 })
	p.echoes(1000)
}

// Of what is not sealed yet the oldest is dropped, and messages stay whole.
func TestTLSDropOldest(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serveTLS(t, r, engine.Options{MaxBuffered: 256 << 10, SendPolicy: engine.DropOldest})
	p, _ := openTLS(t, s, clientTLS())
	c := r.conn(t)
	narrow(t, c)
	dropped := 0
	const all = 2000
	for i := range all {
		switch err := c.Send(codec.Binary, numberOf(0, i*7+3)); err {
		case nil:
		case engine.ErrOlderDropped:
			dropped++
		default:
			t.Fatal(err)
		}
	}
	if dropped == 0 {
		t.Fatal("nothing was dropped")
	}
	last := ""
	for n := 0; last != string(numberOf(0, (all-1)*7+3)); n++ {
		op, payload := p.next()
		if op != codec.Binary || n > all {
			t.Fatalf("got opcode %d", op)
		}
		last = string(payload)
	}
	if st := s.Stats(); st.DroppedOlder == 0 {
		t.Errorf("stats: %+v", st)
	}
}

// Peers that echo as fast as they can, both ways and with large messages.
func TestTLSLargeMessages(t *testing.T) {
	t.Parallel()
	onLoopsAndWorkers(t, func(t *testing.T, workers int) {
		s := serveTLS(t, echoing, engine.Options{MaxMessage: 8 << 20, MaxBuffered: 16 << 20, Workers: workers})
		p, _ := openTLS(t, s, clientTLS())
		go p.write(strings.Repeat(text(pattern(1<<20)), 8))
		for range 8 {
			p.expect(codec.Text, pattern(1<<20))
		}
		p.echoes(4 << 20)
	})
}

// Who sends much while held is heard on from where it was: on workers, and with
// a rate to keep.
func TestTLSHeld(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]engine.Options{
		"mailbox": {Workers: 1, Mailbox: 1},
		"rate":    {MaxByteRate: 1 << 20, RatePolicy: engine.PauseFast, MaxMessageRate: 3000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveTLS(t, echoing, o)
			p, _ := openTLS(t, s, clientTLS())
			const n = 4000
			go func() {
				var all strings.Builder
				for i := range n {
					all.WriteString(text(string(numberOf(1, i*7+1))))
				}
				p.write(all.String())
			}()
			for i := range n {
				p.expect(codec.Text, string(numberOf(1, i*7+1)))
			}
		})
	}
}

// An idle connection has no goroutine and no buffer.
func TestTLSIdle(t *testing.T) {
	s := serveTLS(t, echoing, engine.Options{})
	warm, _ := openTLS(t, s, clientTLS())
	warm.echoes(1000)
	goroutines, lent := runtime.NumGoroutine(), pool.Lent()
	const n = 50
	for range n {
		p, _ := openTLS(t, s, clientTLS())
		p.echoes(1000, 20_000)
	}
	eventually(t, "buffers to be given back", func() bool { return pool.Lent() <= lent+n }) // those of the clients' messages
	eventually(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
}
