package e2e

import (
	"bytes"
	"fmt"
	"testing"
)

func TestClientCloses(t *testing.T) {
	srv := startEcho(t)
	withEach(t, func(t *testing.T, lib library) {
		for _, row := range []struct {
			code   int
			reason string
		}{
			{1000, ""},
			{1000, "done"},
			{1001, "leaving the page"},
			{1005, ""}, // an empty Close frame
			{1011, "client broke"},
			{3000, "registered"},
			{4999, "private: grüße"},
		} {
			t.Run(fmt.Sprint(row.code, " ", row.reason), func(t *testing.T) {
				c := lib.open(t, srv.url, dialOptions{})
				if err := c.close(row.code, row.reason); err != nil {
					t.Fatal(err)
				}
			})
		}
	})
}

func TestTooBig(t *testing.T) {
	const limit = 1000
	srv := startEcho(t, "-max-message", fmt.Sprint(limit))
	withEach(t, func(t *testing.T, lib library) {
		for _, frame := range []int{0, 100} {
			t.Run(fmt.Sprintf("frame %d", frame), func(t *testing.T) {
				c := lib.open(t, srv.url, dialOptions{frame: frame})
				echo(t, c, message{false, noise(limit, false)})
				if err := c.write(message{false, noise(limit+1, false)}); err != nil {
					t.Fatal(err)
				}
				expectClosed(t, c, 1009)
			})
		}
	})
}

// A Close must reach a client that is still sending when it is refused.
func TestFarTooBig(t *testing.T) {
	srv := startEcho(t, "-max-message", "1000")
	withEach(t, func(t *testing.T, lib library) {
		c := lib.open(t, srv.url, dialOptions{})
		_ = c.write(message{false, noise(1<<20, false)})
		expectClosed(t, c, 1009)
	})
}

func TestInvalidUTF8(t *testing.T) {
	srv := startEcho(t)
	withEach(t, func(t *testing.T, lib library) {
		for _, row := range []struct{ name, text string }{
			{"never a byte", "\xff"},
			{"surrogate", "a\xed\xa0\x80"},
			{"overlong", "\xc0\xaf"},
			{"cut off", "abc\xe6\x97"},
			{"late", string(bytes.Repeat([]byte("x"), 5000)) + "\x80"},
		} {
			for _, frame := range []int{0, 64} {
				t.Run(fmt.Sprintf("%s, frame %d", row.name, frame), func(t *testing.T) {
					c := lib.open(t, srv.url, dialOptions{frame: frame})
					if err := c.write(message{true, []byte(row.text)}); err != nil {
						t.Fatal(err)
					}
					expectClosed(t, c, 1007)
				})
			}
		}
	})
}

func TestShutdown(t *testing.T) {
	withEach(t, func(t *testing.T, lib library) {
		srv := startEcho(t)
		clients := make([]client, 10)
		for i := range clients {
			clients[i] = lib.open(t, srv.url, dialOptions{})
			echo(t, clients[i], numbered(i))
		}
		srv.terminate()
		for _, c := range clients {
			expectClosed(t, c, 1001)
			c.cut()
		}
		srv.wait(t)
	})
}
