package raw

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
)

func TestHold(t *testing.T) {
	var open atomic.Int64
	closed := make(chan struct{}, 10)
	counted := func(echo func(net.Conn)) func(net.Conn) {
		return func(c net.Conn) {
			open.Add(1)
			echo(c)
			open.Add(-1)
			closed <- struct{}{}
		}
	}
	for _, c := range []struct {
		name   string
		server func(net.Conn)
		plain  bool
	}{
		{"plain", echoBytes, true},
		{"WebSocket", echoFrames, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			held, err := Hold(Options{Addr: serve(t, counted(c.server)), Plain: c.plain, Conns: 10, Size: 1024})
			if err != nil {
				t.Fatal(err)
			}
			if n := open.Load(); n != 10 {
				t.Errorf("%d connections are open", n)
			}
			held.Close()
			for range 10 {
				<-closed
			}
		})
	}
}

func TestHoldOfBadServers(t *testing.T) {
	for want, server := range map[string]func(net.Conn){
		"closed by the server": func(c net.Conn) { io.ReadFull(c, make([]byte, 100+6)) },
		"a reply differs": func(c net.Conn) {
			b := make([]byte, 100+6)
			io.ReadFull(c, b)
			b[50]++
			c.Write(b)
		},
	} {
		held, err := Hold(Options{Addr: serve(t, server), Plain: true, Conns: 1, Size: 100})
		if err == nil {
			held.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
