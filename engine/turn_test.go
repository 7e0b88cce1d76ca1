package engine_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// inManyRecords opens a connection with TLS on which each byte of first is a
// record of its own, then comes behind, and all of it at once.
func inManyRecords(t *testing.T, s *running, client *tls.Config, first, behind string) *peer {
	t.Helper()
	p := connect(t, s.addr)
	held := &holding{Conn: p.Conn}
	p.Conn = held
	p, _, err := p.over(client)
	if err != nil {
		t.Fatal(err)
	}
	held.holds = true
	for i := range first {
		p.write(first[i : i+1])
	}
	p.write(behind)
	held.holds = false
	held.Write(held.kept)
	return p
}

var muchHeader = "X-Much: " + strings.Repeat("x", 2000)

// A request may come in so many records that its connection must wait for its
// next turn in the middle, also if its rate is limited.
func TestTLSRequestInManyRecords(t *testing.T) {
	t.Parallel()
	onLoopsAndWorkers(t, func(t *testing.T, workers int) {
		for _, rate := range []int{0, 100} {
			eachVersion(t, func(t *testing.T, client *tls.Config) {
				s := serveTLS(t, echoing, engine.Options{
					MaxMessageRate: rate, Workers: workers,
					Upgrade: func(*handshake.Request) (engine.Accept, error) { return engine.Accept{}, nil },
				})
				p := inManyRecords(t, s, client, requestWith(muchHeader), text("behind"))
				p.upgraded()
				p.expect(codec.Text, "behind")
			})
		}
	})
}

// The same, if it is an ordinary one.
func TestHTTPWithTLSInManyRecords(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{HTTP: pages, MaxMessageRate: 100})
	eachVersion(t, func(t *testing.T, client *tls.Config) {
		body := pattern(500)
		post := fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: %d\r\n\r\n%s", muchHeader, len(body), body)
		p := inManyRecords(t, s, client, post, request+text("behind"))
		p.expectPage(200, fmt.Sprintf("POST / %d %.20s", len(body), body))
		p.upgraded()
		p.expect(codec.Text, "behind")
	})
}

// The same on the other side: a server may answer in as many records.
func TestDialTLSAnsweredInManyRecords(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	answered := make(chan error, 1)
	go func() {
		nc, err := l.Accept()
		if err != nil {
			answered <- err
			return
		}
		defer nc.Close()
		nc.SetDeadline(time.Now().Add(patience))
		held := &holding{Conn: nc}
		tc := tls.Server(held, serverTLS())
		r, err := http.ReadRequest(bufio.NewReader(tc))
		if err != nil {
			answered <- err
			return
		}
		held.holds = true
		for _, b := range []byte(accepted(r, muchHeader+"\r\n")) {
			tc.Write([]byte{b})
		}
		tc.Write(codec.AppendFrame(nil, codec.Text, []byte("behind")))
		held.holds = false
		_, err = held.Write(held.kept)
		answered <- err
		io.Copy(io.Discard, tc)
	}()
	got := make(chan string, 1)
	c, err := engine.Dial(within(t, patience), "wss://"+l.Addr().String(), messages(got), engine.DialOptions{TLSConfig: clientTLS()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Abort()
	if err := receive(t, "the answer to be sent", answered); err != nil {
		t.Fatal(err)
	}
	if text := receive(t, "the message behind the answer", got); text != "behind" {
		t.Errorf("got %q", text)
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
