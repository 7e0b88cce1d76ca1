package e2e

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestSubprotocol(t *testing.T) {
	srv := startEcho(t, "-subprotocol", "superchat,chat")
	withEach(t, func(t *testing.T, lib library) {
		for _, row := range []struct {
			name    string
			offered []string
			want    string
		}{
			{"one", []string{"chat"}, "chat"},
			{"several", []string{"soap", "chat"}, "chat"},
			{"the server's order", []string{"chat", "superchat"}, "superchat"},
			{"none", nil, ""},
		} {
			t.Run(row.name, func(t *testing.T) {
				c := lib.open(t, srv.url, dialOptions{subprotocols: row.offered})
				if got := c.subprotocol(); got != row.want {
					t.Errorf("got %q, want %q", got, row.want)
				}
				echo(t, c, message{true, []byte("hello")})
			})
		}
		t.Run("refused", func(t *testing.T) {
			expectRefused(t, lib, srv.url, dialOptions{subprotocols: []string{"soap"}}, 400)
		})
	})
}

func TestOrigin(t *testing.T) {
	srv := startEcho(t)
	withEach(t, func(t *testing.T, lib library) {
		t.Run("same", func(t *testing.T) {
			c := lib.open(t, srv.url, dialOptions{origin: "http://" + srv.addr})
			echo(t, c, message{true, []byte("hello")})
		})
		for _, origin := range []string{"https://example.com", "http://127.0.0.1:1", "null"} {
			t.Run(origin, func(t *testing.T) {
				expectRefused(t, lib, srv.url, dialOptions{origin: origin}, 403)
			})
		}
	})
}

// expectRefused demands that the handshake fails with the status.
func expectRefused(t *testing.T, lib library, url string, o dialOptions, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, resp, err := lib.dial(ctx, url, o)
	if err == nil {
		c.cut()
		t.Fatal("accepted")
	}
	if resp == nil || resp.StatusCode != status {
		t.Fatalf("got %v, %v; want status %d", resp, err, status)
	}
}

// An extension that the server does not speak must be declined, not refused.
func TestCompressionDeclined(t *testing.T) {
	srv := startEcho(t)
	withEach(t, func(t *testing.T, lib library) {
		c := lib.open(t, srv.url, dialOptions{compression: true})
		echo(t, c, message{true, noise(10_000, true)})
	})
}

func TestPlainGET(t *testing.T) {
	srv := startEcho(t)
	resp, err := http.Get("http://" + srv.addr + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 426 || resp.Header.Get("Sec-WebSocket-Version") != "13" {
		t.Errorf("got %s, %v", resp.Status, resp.Header)
	}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") || len(body) == 0 {
		t.Errorf("no text for the person who sees it: %v, %q", resp.Header, body)
	}
}
