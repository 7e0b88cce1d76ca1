package e2e

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// A new server takes over: once the proxy is reloaded, new connections go to
// it. The old ones stay where they are until the old server closes them.
func TestProxyReload(t *testing.T) {
	withEachProxy(t, func(t *testing.T, b brand) {
		blue, green := startEcho(t, "-subprotocol", "blue"), startEcho(t, "-subprotocol", "green")
		p := b.start(t, blue.addr)
		clients := openOld(t, p)
		p.takeOver(t, green)
		for i, c := range clients {
			echo(t, c, numbered(i))
		}
		blue.terminate()
		for _, c := range clients {
			expectClosed(t, c, 1001)
			c.cut()
		}
		blue.wait(t)
		p.withEachWay(t, func(t *testing.T, w way) {
			expectServer(t, w, "green")
		})
	})
}

// What is left of the old connections after the time that is set is cut.
func TestProxyReloadTimeout(t *testing.T) {
	withEachProxy(t, func(t *testing.T, b brand) {
		blue, green := startEcho(t, "-subprotocol", "blue"), startEcho(t, "-subprotocol", "green")
		p := b.start(t, blue.addr, setTo(b.reloadTimeout, "1s")...)
		clients := openOld(t, p)
		p.takeOver(t, green)
		for _, c := range clients {
			expectCut(t, c)
		}
		p.withEachWay(t, func(t *testing.T, w way) {
			expectServer(t, w, "green")
		})
	})
}

// eitherServer offers what both servers speak: the answer tells which it was.
func eitherServer(w way) dialOptions {
	w.subprotocols = []string{"blue", "green"}
	return w.dialOptions
}

func openOld(t *testing.T, p *proxy) (clients []client) {
	for _, w := range []way{p.plain(), p.encrypted()} {
		clients = append(clients, expectServer(t, w, "blue"))
	}
	return clients
}

func expectServer(t *testing.T, w way, name string) client {
	t.Helper()
	c := libraries[0].open(t, w.url, eitherServer(w))
	if got := c.subprotocol(); got != name {
		t.Errorf("connected to %q, want %s", got, name)
	}
	echo(t, c, numbered(0))
	return c
}

// takeOver reloads the proxy with another server behind it, and waits until
// new connections reach that.
func (p *proxy) takeOver(t *testing.T, srv *server) {
	t.Helper()
	p.backend = srv.addr
	p.configure(t)
	p.reload(t, p)
	for _, w := range []way{p.plain(), p.encrypted()} {
		awaitDial(t, w, func(c client, _ *http.Response) bool {
			return c != nil && c.subprotocol() == "green"
		})
	}
}

// awaitDial connects again and again until the outcome is good; c is nil if it
// was refused, both are if there was no answer.
func awaitDial(t *testing.T, w way, good func(c client, refused *http.Response) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		c, resp, err := libraries[0].dial(ctx, w.url, eitherServer(w))
		done := good(c, resp)
		if err == nil {
			c.cut()
		}
		if done {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("still not so after %v: %v, %v", patience, resp, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// While there is no server the proxy says so; a new one at the same address is
// found again.
func TestProxyServerRestart(t *testing.T) {
	withEachProxy(t, func(t *testing.T, b brand) {
		addr := freeAddr(t)
		srv := startEcho(t, "-addr", addr, "-subprotocol", "blue")
		p := b.start(t, addr)
		clients := openOld(t, p)
		srv.terminate()
		for _, c := range clients {
			expectClosed(t, c, 1001)
			c.cut()
		}
		srv.wait(t)
		p.withEachWay(t, func(t *testing.T, w way) {
			awaitDial(t, w, func(c client, resp *http.Response) bool {
				return c == nil && resp != nil && resp.StatusCode == b.down
			})
		})
		startEcho(t, "-addr", addr, "-subprotocol", "green")
		p.withEachWay(t, func(t *testing.T, w way) {
			awaitDial(t, w, func(c client, _ *http.Response) bool { return c != nil })
			expectServer(t, w, "green")
		})
	})
}
