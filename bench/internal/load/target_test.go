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

func TestSources(t *testing.T) {
	for i, want := range map[int]string{
		0: "127.0.0.1", perSource - 1: "127.0.0.1", perSource: "127.0.0.2", 1_000_000: "127.0.0.51", 254 * perSource: "127.0.0.255", 255 * perSource: "127.0.1.0",
	} {
		if got := source(i).String(); got != want {
			t.Errorf("connection %d comes from %s, want %s", i, got, want)
		}
	}
}

func TestDialFromSource(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to, err := resolve("ws://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := to.dial(t.Context(), perSource)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if from := c.LocalAddr().(*net.TCPAddr); from.IP.String() != "127.0.0.2" || from.Port == 0 {
		t.Errorf("comes from %v", from)
	}
}
