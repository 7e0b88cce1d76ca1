package attack

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

const switching = "HTTP/1.1 101 Switching Protocols\r\n\r\n"

// TestMain makes attackers give up soon.
func TestMain(m *testing.M) {
	grace, swallowed = 3*time.Second, 64<<10
	m.Run()
}

// server answers each connection with an answer, as soon as it has sent
// something, and then does what end says.
func server(t *testing.T, answer string, end func(*net.TCPConn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.Read(make([]byte, 1))
				io.WriteString(c, answer)
				end(c.(*net.TCPConn))
			}()
		}
	}()
	return l.Addr().String()
}

// orderly ends a connection without losing what was sent.
func orderly(c *net.TCPConn) {
	c.CloseWrite()
	io.Copy(io.Discard, c)
}

// abrupt sends a reset once the answer has arrived.
func abrupt(c *net.TCPConn) {
	time.Sleep(50 * time.Millisecond)
	c.SetLinger(0)
}

// endless holds a connection open until its peer gives up.
func endless(c *net.TCPConn) { io.Copy(io.Discard, c) }

// playOnce lets one attacker play against a server.
func playOnce(t *testing.T, play func(*attacker) string, addr string) (answer string) {
	t.Helper()
	ctx, over := context.WithCancel(t.Context())
	over()
	a := &Attack{play: play, Once: true}
	r := a.Run(ctx, addr, 0, 1)
	if len(r.Answers) != 1 {
		t.Fatalf("answers %v", r.Answers)
	}
	for answer = range r.Answers {
	}
	return answer
}

// Whatever a server does is told apart.
func TestAnswers(t *testing.T) {
	tooBig := string(codec.AppendClose(nil, codec.CloseMessageTooBig, "too big"))
	echo := string(codec.AppendFrame(nil, codec.Binary, []byte("echo")))
	for _, c := range []struct {
		name, answer string
		end          func(*net.TCPConn)
		play         func(*attacker) string
		want         string
	}{
		{"a close", switching + echo + tooBig, orderly, declare(1 << 40), "close 1009"},
		{"a close and a reset", switching + tooBig, abrupt, declare(1 << 40), "close 1009"},
		{"a close and no end", switching + tooBig, endless, declare(1 << 40), "close 1009, then held"},
		{"a wrong close", switching + "\x88\x01x", orderly, declare(1 << 40), "a wrong close: " + codec.ErrCloseLength.Error()},
		{"an end", switching, orderly, declare(1 << 40), "cut"},
		{"half a frame", switching + tooBig[:5], orderly, declare(1 << 40), "cut"},
		{"a reset", switching, abrupt, declare(1 << 40), "reset"},
		{"nothing", switching, endless, declare(1 << 40), "held"},
		{"a masked frame", switching + "\x82\x80\x00\x00\x00\x00", orderly, declare(1 << 40), "error: the server sent nonsense"},
		{"a refusal", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", orderly, declare(1 << 40), "403"},
		{"a status", "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno", orderly, pipeline, "426"},
		{"two answers", "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno" + switching, orderly, pipeline, "426 and more"},
		{"a status and no end", "HTTP/1.1 431 Too Large\r\nContent-Length: 2\r\n\r\nno", endless, sendLines(10), "431, then held"},
		{"half a request answered", "", orderly, askHalf, "cut"},
		{"half a request held", "", endless, askHalf, "held"},
		{"an echo after a close", switching + echo + string(codec.AppendClose(nil, 1000, "")), orderly, sendAfterClose, "close 1000, and an echo"},
		{"no echo after a close", switching + string(codec.AppendClose(nil, 1000, "")), orderly, sendAfterClose, "close 1000"},
		{"another echo", switching + echo, orderly, holdBack(1000), "something else"},
		{"a pong too much", switching + "\x8a\x01x", orderly, floodPings, "something else than the next pong"},
		{"no pong", switching, orderly, floodPings, "no latest pong: cut"},
		{"a message for a pong", switching + echo, orderly, floodPongs, "something else"},
		{"no close", switching + echo, orderly, ignoreClose, "something else"},
		{"a close not acted upon", switching + string(codec.AppendClose(nil, 1002, "")), endless, ignoreClose, "close 1002, then held"},
		{"unread messages", switching, endless, readNothing(32 << 10), "64 MiB taken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := playOnce(t, c.play, server(t, c.answer, c.end)); !strings.HasPrefix(got, c.want) || c.want == "cut" && got != "cut" {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestNoServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if got := playOnce(t, sayNothing, l.Addr().String()); !strings.HasPrefix(got, "no connection: ") {
		t.Errorf("got %q", got)
	}
}
