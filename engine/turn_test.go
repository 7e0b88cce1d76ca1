package engine_test

import (
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// A request may come in so many records that its connection must wait for its
// next turn in the middle, also if its rate is limited.
func TestTLSRequestInManyRecords(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{0, 100} {
		eachVersion(t, func(t *testing.T, client *tls.Config) {
			s := serveTLS(t, echoing, engine.Options{MaxMessageRate: rate})
			p := connect(t, s.addr)
			a := &altered{Conn: p.Conn, s: s, t: t}
			p.Conn = a
			p, _, err := p.over(client)
			if err != nil {
				t.Fatal(err)
			}
			var all []byte
			a.change = func(b []byte) [][]byte { all = append(all, b...); return nil }
			for _, b := range []byte(requestWith("X-Much: " + strings.Repeat("x", 2000))) {
				p.write(string(b))
			}
			p.write(text("behind"))
			a.change = nil
			a.Write(all)
			p.upgraded()
			p.expect(codec.Text, "behind")
		})
	}
}

// What a peer had sent is heard although its connection broke before all of it
// had its turn.
func TestBrokenWhileItsTurnIsAwaited(t *testing.T) {
	t.Parallel()
	const n = 5000
	gone := make(chan struct{})
	handled := 0
	r := record(engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) {
		if handled++; handled == 1 {
			<-gone
		}
		c.Send(op, p)
	}})
	s := serve(t, r, engine.Options{})
	p := open(t, s)
	p.write(strings.Repeat(text("x"), n))
	p.Close()
	close(gone)
	end := r.end(t)
	if handled != n {
		t.Errorf("%d of %d messages were handled; %+v", handled, n, end)
	}
	if !errors.Is(end.Err, syscall.EPIPE) && !errors.Is(end.Err, syscall.ECONNRESET) && !errors.Is(end.Err, io.ErrUnexpectedEOF) {
		t.Errorf("ended with %v", end.Err)
	}
}
