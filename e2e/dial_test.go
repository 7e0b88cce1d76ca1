package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// fragmented is the text that the servers send in frames of 31 bytes, some of
// which end within a code point.
var fragmented = strings.Repeat("héllo wörld, 日本 🐟 ", 20)

// foreignServers start a server that somebody else wrote, and give its URL.
// Each serves these paths:
//
//	/echo             what the client sends
//	/close?code&reason  closes at once
//	/drop             ends the connection without a Close
//	/fragments        sends the text above, in fragments
//	/ping             pings, and sends a text when the pong is there
//	/invalid-utf8     sends a text that is none
//	/big              sends 1001 bytes
//	/refuse           answers 403
//	/seen             sends how the server saw the last connection end
var foreignServers = []struct {
	name  string
	start func(t *testing.T) string
}{
	{"gorilla", func(t *testing.T) string { return serve(t, gorillaServer()) }},
	{"coder", func(t *testing.T) string { return serve(t, coderServer()) }},
	{"node ws", func(t *testing.T) string {
		return start(t, nodeCommand(context.Background(), t, "server.mjs")).url
	}},
}

func serve(t *testing.T, h http.Handler) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

// note keeps a value for whoever awaits it, if it is the first.
func note(c chan string, s string) {
	select {
	case c <- s:
	default:
	}
}

func await(c chan string) string {
	select {
	case s := <-c:
		return s
	case <-time.After(patience):
		return "nothing"
	}
}

// withEachServer runs test as a subtest against a fresh server of each kind.
func withEachServer(t *testing.T, test func(t *testing.T, url string)) {
	for _, s := range foreignServers {
		t.Run(s.name, func(t *testing.T) { test(t, s.start(t)) })
	}
}

// dialed is a connection of ours, and what its handler has received.
type dialed struct {
	*engine.Conn
	messages chan message
	pongs    chan string
	closed   chan *engine.CloseError
}

func (d *dialed) OnOpen(*engine.Conn) {}

func (d *dialed) OnMessage(_ *engine.Conn, op codec.Opcode, payload []byte) {
	d.messages <- message{op == codec.Text, append([]byte{}, payload...)}
}

func (d *dialed) OnPong(_ *engine.Conn, payload []byte) { d.pongs <- string(payload) }

func (d *dialed) OnClose(_ *engine.Conn, err error) { d.closed <- err.(*engine.CloseError) }

func dial(t *testing.T, url string, o engine.DialOptions) *dialed {
	t.Helper()
	d, err := tryDial(t, url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Abort)
	return d
}

func tryDial(t *testing.T, url string, o engine.DialOptions) (*dialed, error) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d := &dialed{
		messages: make(chan message, 100),
		pongs:    make(chan string, 1),
		closed:   make(chan *engine.CloseError, 1),
	}
	var err error
	d.Conn, err = engine.Dial(ctx, url, d, o)
	return d, err
}

// receive waits for a value that the handler got.
func receive[T any](t *testing.T, c chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("nothing received in %v", patience)
		panic("unreachable")
	}
}

func (d *dialed) echo(t *testing.T, m message) {
	t.Helper()
	op := codec.Binary
	if m.text {
		op = codec.Text
	}
	if err := d.Send(op, m.data); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, d.messages); !got.equal(m) {
		t.Fatalf("got %v, want %v", got, m)
	}
}

// seen gives how the server saw the last connection end: "CODE REASON".
func seen(t *testing.T, url string) string {
	t.Helper()
	return string(receive(t, dial(t, url+"/seen", engine.DialOptions{}).messages).data)
}

func TestDialEcho(t *testing.T) {
	withEachServer(t, func(t *testing.T, url string) {
		d := dial(t, url+"/echo", engine.DialOptions{})
		for _, size := range sizes {
			for _, text := range []bool{true, false} {
				m := message{text, noise(size, text)}
				t.Run(m.String(), func(t *testing.T) { d.echo(t, m) })
			}
		}
	})
}

func TestDialMany(t *testing.T) {
	withEachServer(t, func(t *testing.T, url string) {
		all := make([]*dialed, 100)
		for i := range all {
			all[i] = dial(t, url+"/echo", engine.DialOptions{})
		}
		for round := range 10 {
			for i, d := range all {
				if err := d.SendText(fmt.Sprint(i, round)); err != nil {
					t.Fatal(err)
				}
			}
			for i, d := range all {
				if got := receive(t, d.messages); string(got.data) != fmt.Sprint(i, round) {
					t.Fatalf("connection %d got %q", i, got.data)
				}
			}
		}
	})
}

func TestDialFragments(t *testing.T) {
	withEachServer(t, func(t *testing.T, url string) {
		d := dial(t, url+"/fragments", engine.DialOptions{})
		if got := receive(t, d.messages); !got.equal(message{true, []byte(fragmented)}) {
			t.Fatalf("got %v: %.60q", got, got.data)
		}
	})
}

func TestDialPings(t *testing.T) {
	withEachServer(t, func(t *testing.T, url string) {
		t.Run("theirs", func(t *testing.T) {
			d := dial(t, url+"/ping", engine.DialOptions{})
			if got := receive(t, d.messages); !strings.HasPrefix(string(got.data), "pong: ") {
				t.Fatalf("got %q", got.data)
			}
		})
		t.Run("ours", func(t *testing.T) {
			d := dial(t, url+"/echo", engine.DialOptions{})
			if err := d.Ping([]byte("are you there?")); err != nil {
				t.Fatal(err)
			}
			if got := receive(t, d.pongs); got != "are you there?" {
				t.Fatalf("the pong has %q", got)
			}
		})
	})
}

func TestDialCloses(t *testing.T) {
	for _, row := range []struct {
		code   codec.CloseCode
		reason string
	}{
		{codec.CloseNormal, ""},
		{codec.CloseGoingAway, "leaving"},
		{3000, "registered"},
		{4999, "grüße"},
	} {
		t.Run(fmt.Sprint(uint16(row.code), " ", row.reason), func(t *testing.T) {
			t.Run("ours", func(t *testing.T) { testOurClose(t, row.code, row.reason) })
			t.Run("theirs", func(t *testing.T) { testTheirClose(t, row.code, row.reason) })
		})
	}
	t.Run("1005", func(t *testing.T) { testTheirClose(t, codec.CloseNoStatus, "") })
}

func testOurClose(t *testing.T, code codec.CloseCode, reason string) {
	withEachServer(t, func(t *testing.T, url string) {
		d := dial(t, url+"/echo", engine.DialOptions{})
		d.SetData("kept until the end")
		if err := d.Close(code, reason); err != nil {
			t.Fatal(err)
		}
		end := receive(t, d.closed)
		if end.Code != code || end.Reason != reason || end.Remote || !end.Clean || end.Err != nil {
			t.Errorf("got %+v", end)
		}
		if got, want := seen(t, url), fmt.Sprintf("%d %s", code, reason); got != want {
			t.Errorf("the server saw %q, want %q", got, want)
		}
	})
}

func testTheirClose(t *testing.T, code codec.CloseCode, reason string) {
	withEachServer(t, func(t *testing.T, base string) {
		query := url.Values{"code": {fmt.Sprint(uint16(code))}, "reason": {reason}}
		d := dial(t, base+"/close?"+query.Encode(), engine.DialOptions{})
		end := receive(t, d.closed)
		if end.Code != code || end.Reason != reason || !end.Remote || !end.Clean || end.Err != nil {
			t.Errorf("got %+v", end)
		}
	})
}

func TestDialDropped(t *testing.T) {
	withEachServer(t, func(t *testing.T, url string) {
		d := dial(t, url+"/drop", engine.DialOptions{})
		if end := receive(t, d.closed); end.Code != codec.CloseAbnormal || end.Clean {
			t.Errorf("got %+v", end)
		}
	})
}

func TestDialViolations(t *testing.T) {
	for _, row := range []struct {
		path string
		code codec.CloseCode
		err  error
	}{
		{"/invalid-utf8", codec.CloseInvalidPayload, codec.ErrInvalidUTF8},
		{"/big", codec.CloseMessageTooBig, codec.ErrMessageTooBig},
	} {
		t.Run(row.path, func(t *testing.T) {
			withEachServer(t, func(t *testing.T, url string) {
				d := dial(t, url+row.path, engine.DialOptions{MaxMessage: 1000})
				end := receive(t, d.closed)
				if end.Code != row.code || end.Remote || !errors.Is(end, row.err) {
					t.Errorf("got %+v", end)
				}
				if got := seen(t, url); !strings.HasPrefix(got, fmt.Sprint(uint16(row.code))) {
					t.Errorf("the server saw %q", got)
				}
			})
		})
	}
}

func TestDialHandshake(t *testing.T) {
	withEachServer(t, func(t *testing.T, url string) {
		t.Run("subprotocol", func(t *testing.T) {
			d := dial(t, url+"/echo", engine.DialOptions{Subprotocols: []string{"soap", "chat"}})
			if got := d.Subprotocol(); got != "chat" {
				t.Errorf("got %q", got)
			}
		})
		t.Run("refused", func(t *testing.T) {
			_, err := tryDial(t, url+"/refuse", engine.DialOptions{})
			refusal := (*handshake.ResponseError)(nil)
			if !errors.As(err, &refusal) || refusal.Status != http.StatusForbidden {
				t.Errorf("got %v", err)
			}
		})
	})
}
