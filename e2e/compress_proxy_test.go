package e2e

import "testing"

// Proxies pass extensions through, and compressed frames as they are.
func TestProxyCompress(t *testing.T) {
	srv := startEcho(t, "-compress=takeover", "-compress-min", "1")
	withEachProxy(t, func(t *testing.T, b brand) {
		p := b.start(t, srv.addr)
		t.Run("ws", func(t *testing.T) {
			for _, lib := range compressing {
				t.Run(lib.name, func(t *testing.T) {
					tap := startTap(t, p.plain().url)
					c := lib.open(t, tap.url, dialOptions{})
					exchange(t, func(m message) { echo(t, c, m) })
					sent, received := tap.take()
					if sent.compressed == 0 || received.compressed == 0 {
						t.Errorf("not compressed: %+v sent, %+v received", sent, received)
					}
				})
			}
		})
		t.Run("wss", func(t *testing.T) {
			for _, lib := range compressing[:3] { // gws is dialled without TLS here
				t.Run(lib.name, func(t *testing.T) {
					w := p.encrypted()
					c := lib.open(t, w.url, w.dialOptions)
					exchange(t, func(m message) { echo(t, c, m) })
				})
			}
		})
	})
}
