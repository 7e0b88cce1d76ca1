package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// sizes are those at which a frame's header changes, and large ones.
var sizes = []int{0, 1, 125, 126, 65535, 65536, 1 << 20}

func TestEcho(t *testing.T) {
	srv := startEcho(t)
	withEach(t, func(t *testing.T, lib library) {
		c := lib.open(t, srv.url, dialOptions{})
		for _, size := range sizes {
			for _, text := range []bool{true, false} {
				m := message{text, noise(size, text)}
				t.Run(m.String(), func(t *testing.T) { echo(t, c, m) })
			}
		}
	})
}

// noise gives size bytes that differ along the way: valid UTF-8 for a text.
func noise(size int, text bool) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
		if text {
			b[i] = 'a' + b[i]%26
		}
	}
	return b
}

func TestFragments(t *testing.T) {
	srv := startEcho(t)
	letters := []byte(strings.Repeat("héllo wörld, 日本 🐟. ", 500)) // frames end within code points
	withEach(t, func(t *testing.T, lib library) {
		for _, frame := range []int{17, 1000} {
			t.Run(fmt.Sprintf("frames of %d", frame), func(t *testing.T) {
				c := lib.open(t, srv.url, dialOptions{frame: frame})
				echo(t, c, message{true, letters})
				echo(t, c, message{false, noise(20_000, false)})
				echo(t, c, message{true, []byte("a short one")})
			})
		}
		t.Run("1 MiB", func(t *testing.T) {
			c := lib.open(t, srv.url, dialOptions{frame: 4096})
			echo(t, c, message{false, noise(1<<20, false)})
		})
	})
}

func TestPingWithinMessage(t *testing.T) {
	srv := startEcho(t)
	withEach(t, func(t *testing.T, lib library) {
		c := lib.open(t, srv.url, dialOptions{frame: 100})
		m := message{true, noise(1000, true)}
		got, err := c.pingWithin(m)
		if err != nil {
			t.Fatal(err)
		}
		if !got.equal(m) {
			t.Fatalf("got %v back, want %v", got, m)
		}
	})
}

// All of a burst is answered in order, also when a Close follows at once.
func TestBurstThenClose(t *testing.T) {
	srv := startEcho(t)
	withEach(t, func(t *testing.T, lib library) {
		c := lib.open(t, srv.url, dialOptions{})
		const n = 1000
		for i := range n {
			if err := c.write(numbered(i)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range n {
			expect(t, c, numbered(i))
		}
		if err := c.close(1000, "done"); err != nil {
			t.Fatal(err)
		}
	})
}

func numbered(i int) message { return message{true, fmt.Appendf(nil, "message %d", i)} }

func TestManyConnections(t *testing.T) {
	srv := startEcho(t)
	withEach(t, func(t *testing.T, lib library) {
		const n = 100
		clients := make([]client, n)
		for i := range clients {
			clients[i] = lib.open(t, srv.url, dialOptions{})
		}
		errs := make([]error, n)
		var wg sync.WaitGroup
		for i, c := range clients {
			wg.Go(func() { errs[i] = converse(c, i) })
		}
		wg.Wait()
		for i, err := range errs {
			if err != nil {
				t.Errorf("connection %d: %v", i, err)
			}
		}
	})
}

// converse exchanges messages that no other connection sends.
func converse(c client, id int) error {
	for i := range 20 {
		m := message{true, bytes.Repeat(fmt.Appendf(nil, "%d:%d ", id, i), 1+i*10)}
		if err := c.write(m); err != nil {
			return err
		}
		if got, err := c.read(); err != nil || !got.equal(m) {
			return fmt.Errorf("got %.20q, %v; want %.20q", got.data, err, m.data)
		}
	}
	return c.close(1000, "")
}

func TestBroadcast(t *testing.T) {
	srv := startEcho(t, "-broadcast")
	withEach(t, func(t *testing.T, lib library) {
		clients := make([]client, 3)
		for i := range clients {
			clients[i] = lib.open(t, srv.url, dialOptions{})
		}
		m := message{true, []byte("to all")}
		if err := clients[1].write(m); err != nil {
			t.Fatal(err)
		}
		for _, c := range clients {
			expect(t, c, m)
		}
	})
}
