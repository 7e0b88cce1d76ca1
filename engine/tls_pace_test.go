package engine_test

import (
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// together makes records of what send writes, each of a write, and sends them
// in one go.
func together(p *peer, a *altered, send func()) {
	p.t.Helper()
	var all []byte
	a.change = func(b []byte) [][]byte { all = append(all, b...); return nil }
	send()
	a.change = nil
	if _, err := a.Write(all); err != nil {
		p.t.Error(err)
	}
}

// Who reads late is not closed for it, however much is sent for what comes in
// one read, even if each message is a record.
func TestTLSLateReader(t *testing.T) {
	t.Parallel()
	answer := pattern(4000)
	r := record(engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, payload []byte) { c.SendText(answer) }})
	s := serveTLS(t, r, engine.Options{MaxBuffered: 64 << 10, MaxMessage: 4 << 10})
	p, a := alter(t, s, clientTLS(), nil)
	narrow(t, r.conn(t))
	const n = 5000
	sent := make(chan bool)
	go func() {
		defer close(sent)
		together(p, a, func() {
			for range n {
				p.write(text("x"))
			}
		})
	}()
	eventually(t, "the socket to be full", func() bool { return s.Stats().Memory > 32<<10 })
	for range n {
		p.expect(codec.Text, answer)
	}
	<-sent
}

// However many records come in a read, neighbours have their turn when so much
// has come of them.
func TestTLSInflatingInTurns(t *testing.T) {
	t.Parallel()
	const size, n = 200 << 10, 40
	handled := make(chan int, 1)
	count := 0 // on the loop only
	s := serveTLS(t, engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, payload []byte) {
		if count++; count == 1 {
			engine.Post(c, func() { handled <- count })
		}
	}}, engine.Options{Compression: &engine.Compression{}})
	p := connect(t, s.addr)
	a := &altered{Conn: p.Conn, s: s, t: t}
	p.Conn = a
	p, _, err := p.over(clientTLS())
	if err != nil {
		t.Fatal(err)
	}
	p.write(requestWith(browserOffer))
	p.upgraded()
	message := compressed(codec.Text, strings.Repeat("x", size))
	together(p, a, func() {
		for range n {
			p.write(message)
		}
	})
	if n := receive(t, "the turn of others", handled); n > 4 {
		t.Errorf("%d messages were handled at a time, of %d bytes each", n, size)
	}
	p.write(closing(codec.CloseNormal, ""))
	p.expectClose(codec.CloseNormal, "")
}
