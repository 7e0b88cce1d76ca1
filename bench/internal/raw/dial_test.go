package raw

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSources(t *testing.T) {
	from := make(chan string, 1)
	addr := serve(t, func(c net.Conn) {
		host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
		from <- host
	})
	to, err := newTarget(addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]string{
		0: "127.0.0.1", perSource - 1: "127.0.0.1", perSource: "127.0.0.2", 300 * perSource: "127.0.1.45",
	} {
		fd, err := to.dial(i)
		if err != nil {
			t.Fatal(err)
		}
		if got := <-from; got != want {
			t.Errorf("connection %d comes from %s, want %s", i, got, want)
		}
		unix.Close(fd)
	}
}
