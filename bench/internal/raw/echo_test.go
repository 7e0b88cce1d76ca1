package raw

import (
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestExchangeAllocatesNothing(t *testing.T) {
	c, err := newEcho(Options{Addr: serve(t, echoBytes), Plain: true, Conns: 1, Size: 125, Depth: 4, Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	// The server allocates only when it starts: a few of many rounds.
	if n := testing.AllocsPerRun(20, func() { err = c.run(5 * time.Millisecond) }); err != nil || n > 1 {
		t.Fatalf("%v allocations in 5 ms (%v)", n, err)
	}
}

// narrow makes the connections' sockets so small that no message fits.
func narrow(t *testing.T, e *echo) {
	t.Helper()
	for i := range e.conns {
		if err := unix.SetsockoptInt(e.conns[i].fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 64<<10); err != nil {
			t.Fatal(err)
		}
	}
}

// A server that sends back each piece of a message before it reads the next
// would wait for us if we only sent at first; one that waits for the whole
// message is sent the rest without having answered.
func TestFullSockets(t *testing.T) {
	const size = 1 << 20
	for name, server := range map[string]func(net.Conn){
		"in pieces": func(c net.Conn) {
			io.CopyBuffer(struct{ io.Writer }{c}, struct{ io.Reader }{c}, make([]byte, 1<<10))
		},
		"whole": func(c net.Conn) {
			for b := make([]byte, size+14); ; {
				if _, err := io.ReadFull(c, b); err != nil {
					return
				}
				c.Write(b)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := open(Options{Addr: serve(t, server), Plain: true, Conns: 2, Size: size, Depth: 2, Patience: patience})
			if err != nil {
				t.Fatal(err)
			}
			defer c.close()
			exchangeNarrowly(t, &echo{client: c})
		})
	}
}

// exchangeNarrowly has each of two connections get three replies through
// sockets that are full at once.
func exchangeNarrowly(t *testing.T, e *echo) {
	t.Helper()
	narrow(t, e)
	if err := e.start(); err != nil {
		t.Fatal(err)
	}
	if k := e.conns[0]; !k.full || k.unsent == 0 {
		t.Fatalf("the socket took all: %+v", k)
	}
	for end := time.Now().Add(patience); e.conns[0].seen < 3 || e.conns[1].seen < 3; {
		if time.Now().After(end) {
			t.Fatalf("%d and %d replies of 3", e.conns[0].seen, e.conns[1].seen)
		}
		if err := e.run(10 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}

// One wrong byte in the last of many pieces is found.
func TestLargeReplyDiffers(t *testing.T) {
	const size = 1 << 20
	server := serve(t, func(c net.Conn) {
		b := make([]byte, size+14)
		io.ReadFull(c, b)
		b[len(b)-1]++
		c.Write(b)
		io.Copy(io.Discard, c)
	})
	c, err := newEcho(Options{Addr: server, Plain: true, Conns: 1, Size: size, Depth: 1, Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if err := c.check(); err == nil || err.Error() != "connection 1: "+errDiffers.Error() {
		t.Error(err)
	}
}
