package raw

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSetup(t *testing.T) {
	for _, c := range []struct {
		name   string
		server func(net.Conn)
		plain  bool
	}{
		{"plain", echoBytes, true},
		{"WebSocket", echoFrames, false},
		{"in pieces", inPieces, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			opened, sources := 0, map[string]int{}
			server := serve(t, func(conn net.Conn) {
				host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
				mu.Lock()
				opened++
				sources[host]++
				mu.Unlock()
				c.server(conn)
			})
			r, err := run(t, server, func(o *Options) { o.Load, o.Plain = Setup, c.plain })
			if err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if r.Count == 0 || int(r.Count) > opened || sources["127.0.0.1"] > 0 || len(sources) == 0 {
				t.Errorf("%+v, %d opened from %v", r, opened, sources)
			}
		})
	}
}

// inPieces echoes, but its answers come byte by byte.
func inPieces(c net.Conn) { echoFrames(slow{c}) }

type slow struct{ net.Conn }

func (s slow) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := s.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

func TestBadSetups(t *testing.T) {
	request := func(c net.Conn) { c.Read(make([]byte, 4096)) }
	cases := []struct {
		name   string
		server func(net.Conn)
		plain  bool
		want   string
	}{
		{"refuses", func(c net.Conn) { request(c); io.WriteString(c, "HTTP/1.1 403 Forbidden\r\n\r\n") }, false, "403 Forbidden"},
		{"hangs up", request, false, "closed by the server"},
		{"answers without end", func(c net.Conn) { request(c); c.Write(make([]byte, 100_000)); request(c) }, false, "no end"},
		{"changes bytes", func(c net.Conn) { c.Write([]byte("hello")); request(c) }, true, "differs"},
		{"answers twice", func(c net.Conn) {
			b := make([]byte, 4096)
			n, _ := c.Read(b)
			c.Write(append(b[:n:n], b[:n]...))
			request(c)
		}, true, "more replies"},
		{"is silent", func(c net.Conn) { io.Copy(io.Discard, c) }, false, "5 of 5 connections got no reply"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := run(t, serve(t, c.server), func(o *Options) {
				o.Load, o.Plain, o.Patience = Setup, c.plain, 500*time.Millisecond
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, %v; want an error with %q", r, err, c.want)
			}
		})
	}
}
