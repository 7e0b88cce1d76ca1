package e2e

import (
	"errors"
	"sync"
	"testing"
)

func TestProxyEcho(t *testing.T) {
	srv := startEcho(t)
	withEachProxy(t, func(t *testing.T, b brand) {
		b.start(t, srv.addr).withEachWay(t, func(t *testing.T, w way) {
			withEach(t, func(t *testing.T, lib library) {
				c := lib.open(t, w.url, w.dialOptions)
				for _, size := range sizes {
					echo(t, c, message{true, noise(size, true)})
					echo(t, c, message{false, noise(size, false)})
				}
				w.frame = 4096
				c = lib.open(t, w.url, w.dialOptions)
				echo(t, c, message{false, noise(1<<20, false)})
				m := message{true, noise(10_000, true)}
				if got, err := c.pingWithin(m); err != nil || !got.equal(m) {
					t.Fatalf("a ping within %v: got %v, %v", m, got, err)
				}
			})
		})
	})
}

func TestProxyCloses(t *testing.T) {
	srv := startEcho(t, "-max-message", "1000")
	withEachProxy(t, func(t *testing.T, b brand) {
		b.start(t, srv.addr).withEachWay(t, func(t *testing.T, w way) {
			withEach(t, func(t *testing.T, lib library) {
				for code, reason := range map[int]string{1000: "", 1001: "leaving", 1005: "", 3000: "registered", 4999: "grüße"} {
					if err := lib.open(t, w.url, w.dialOptions).close(code, reason); err != nil {
						t.Errorf("%d %q: %v", code, reason, err)
					}
				}
				c := lib.open(t, w.url, w.dialOptions)
				if err := c.write(message{false, noise(1001, false)}); err != nil {
					t.Fatal(err)
				}
				expectClosed(t, c, 1009)
			})
		})
	})
}

func TestProxyShutdown(t *testing.T) {
	withEachProxy(t, func(t *testing.T, b brand) {
		srv := startEcho(t)
		p := b.start(t, srv.addr)
		var clients []client
		for _, w := range []way{p.plain(), p.encrypted()} {
			for _, lib := range libraries {
				c := lib.open(t, w.url, w.dialOptions)
				echo(t, c, numbered(1))
				clients = append(clients, c)
			}
		}
		srv.terminate()
		for _, c := range clients {
			expectClosed(t, c, 1001)
			c.cut()
		}
		srv.wait(t)
	})
}

func TestProxyManyConnections(t *testing.T) {
	const n = 500
	srv := startEcho(t, "-handshake-timeout", patience.String())
	withEachProxy(t, func(t *testing.T, b brand) {
		b.start(t, srv.addr).withEachWay(t, func(t *testing.T, w way) {
			w.life = 4 * patience
			var opened, done sync.WaitGroup
			errs := make([]error, n)
			dialing := make(chan struct{}, 50) // a slow machine takes its time for TLS, and proxies have limits
			opened.Add(n)
			for i := range n {
				done.Go(func() {
					dialing <- struct{}{}
					c, _, err := libraries[i%len(libraries)].dial(t.Context(), w.url, w.dialOptions)
					<-dialing
					opened.Done()
					if err != nil {
						errs[i] = err
						return
					}
					defer c.cut()
					opened.Wait() // so that all are open at once
					errs[i] = converse(c, i)
				})
			}
			done.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Error(err)
			}
		})
	})
}
