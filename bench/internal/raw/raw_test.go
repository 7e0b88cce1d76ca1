package raw

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// The client's waiting is raw: on a single P it would keep the servers below,
// which are goroutines here, from running.
func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	os.Exit(m.Run())
}

const patience = 20 * time.Second

// serve runs a server in this process; it ends with the test.
func serve(t *testing.T, each func(net.Conn)) (addr string) {
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
				each(c)
			}()
		}
	}()
	return l.Addr().String()
}

func echoBytes(c net.Conn) { io.Copy(c, c) }

// echoFrames is a WebSocket echo server of the simplest kind.
func echoFrames(c net.Conn) {
	r := bufio.NewReader(c)
	if _, err := http.ReadRequest(r); err != nil {
		return
	}
	io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: "+accept+"\r\n\r\n")
	d := codec.NewDecoder(&codec.Config{})
	defer d.Release()
	buf := make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		if err != nil {
			return
		}
		for b := buf[:n]; len(b) > 0; {
			op, payload, used, err := d.Next(b)
			if err != nil {
				return
			}
			switch op {
			case codec.Continuation:
			case codec.Ping:
				c.Write(codec.AppendPong(nil, payload))
			default:
				c.Write(codec.AppendFrame(nil, op, payload))
			}
			b = b[used:]
		}
	}
}

func run(t *testing.T, addr string, change func(*Options)) (Result, error) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	o := Options{Load: Echo, Addr: addr, Conns: 5, Size: 125, Depth: 1, Warmup: 20 * time.Millisecond, Duration: 100 * time.Millisecond, ServerPID: os.Getpid()}
	change(&o)
	return Run(o)
}

func TestEchoServers(t *testing.T) {
	cases := []struct {
		name   string
		server func(net.Conn)
		change func(*Options)
	}{
		{"plain", echoBytes, func(o *Options) { o.Plain = true }},
		{"plain deep", echoBytes, func(o *Options) { o.Plain, o.Depth = true, 10 }},
		{"WebSocket", echoFrames, func(o *Options) {}},
		{"WebSocket deep", echoFrames, func(o *Options) { o.Depth = 10 }},
		{"WebSocket 1 MiB", echoFrames, func(o *Options) { o.Size = 1 << 20 }},
		{"plain 3 MiB", echoBytes, func(o *Options) { o.Plain, o.Size, o.Depth = true, 3<<20, 2 }},
		{"WebSocket large", echoFrames, func(o *Options) { o.Size = 60_000 }},
		{"WebSocket empty", echoFrames, func(o *Options) { o.Size = 0 }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := run(t, serve(t, c.server), c.change)
			if err != nil {
				t.Fatal(err)
			}
			if r.Count == 0 || r.Elapsed < 100*time.Millisecond || r.ClientCPU <= 0 || r.ServerCPU < r.ClientCPU/2 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestBadServers(t *testing.T) {
	buf := func(c net.Conn) []byte {
		b := make([]byte, 4096)
		n, _ := c.Read(b)
		return b[:n]
	}
	cases := []struct {
		name   string
		server func(net.Conn)
		plain  bool
		want   string
	}{
		{"changes a byte", func(c net.Conn) { b := buf(c); b[len(b)-1]++; c.Write(b) }, true, "differs"},
		{"answers twice", func(c net.Conn) { b := buf(c); c.Write(append(b, b...)); buf(c); buf(c) }, true, "more replies"},
		{"hangs up", func(c net.Conn) { c.Write(buf(c)); buf(c) }, true, "closed by the server"},
		{"is silent", func(c net.Conn) { io.Copy(io.Discard, c) }, true, "5 of 5 connections got no reply"},
		{"refuses", func(c net.Conn) { buf(c); io.WriteString(c, "HTTP/1.1 403 Forbidden\r\n\r\n") }, false, "403 Forbidden"},
		{"hangs up early", func(c net.Conn) { buf(c) }, false, "closed by the server"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := run(t, serve(t, c.server), func(o *Options) { o.Plain, o.Patience = c.plain, 500*time.Millisecond })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, %v; want an error with %q", r, err, c.want)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	if _, err := run(t, "127.0.0.1:1", func(*Options) {}); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	for _, change := range []func(*Options){
		func(o *Options) { o.Conns = 0 },
		func(o *Options) { o.Depth = 0 },
		func(o *Options) { o.Size = -1 },
		func(o *Options) { o.Depth, o.Size = 100_000, 1000 },
		func(o *Options) { o.Size = 100 << 20 },
		func(o *Options) { o.Load = "work" },
	} {
		if r, err := run(t, "127.0.0.1:1", change); err == nil || strings.Contains(err.Error(), "refused") {
			t.Errorf("%+v, %v", r, err)
		}
	}
}
