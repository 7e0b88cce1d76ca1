package load

import (
	"net"
	"testing"
)

func TestResolve(t *testing.T) {
	for url, want := range map[string]string{
		"ws://127.0.0.1:8080/path": "127.0.0.1:8080",
		"ws://127.0.0.1":           "127.0.0.1:80",
		"ws://[::1]:9":             "[::1]:9",
	} {
		to, err := resolve(url)
		if err != nil || to.addr.String() != want {
			t.Errorf("%s: %+v (%v), want %s", url, to, err, want)
		}
	}
	for _, url := range []string{"", "127.0.0.1:8080", "http://127.0.0.1:8080", "wss://127.0.0.1:8080", "ws://", "ws:// /", "ws://127.0.0.1:nonsense/"} {
		if to, err := resolve(url); err == nil {
			t.Errorf("%q: %v", url, to.addr)
		}
	}
}

func TestDialSpreads(t *testing.T) {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to, err := resolve("ws://" + (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: l.Addr().(*net.TCPAddr).Port}).String())
	if err != nil {
		t.Fatal(err)
	}
	for spread, want := range map[Spread][2]string{
		SpreadSources:      {"127.0.0.2", "127.0.0.1"},
		SpreadDestinations: {"127.0.0.1", "127.0.0.2"},
		SpreadBoth:         {"127.0.0.2", "127.0.0.2"},
	} {
		to.spread = spread
		c, err := to.dial(t.Context(), PerAddress)
		if err != nil {
			t.Fatal(err)
		}
		from, dest := c.LocalAddr().(*net.TCPAddr), c.RemoteAddr().(*net.TCPAddr)
		// A connection to another address of loopback comes from the same one unless bound.
		if spread != SpreadDestinations && from.IP.String() != want[0] || dest.IP.String() != want[1] || from.Port == 0 {
			t.Errorf("%s: from %v to %v", spread, from, dest)
		}
		c.Close()
	}
}
