package e2e

import (
	"strings"
	"testing"
)

// Chromium talks HTTP/2 with HAProxy, and opens its WebSockets as streams of
// that connection (RFC 8441); the server gets HTTP/1.1 as ever. With nginx it
// stays at HTTP/1.1.
func TestProxyChromium(t *testing.T) {
	chromium := findChromium(t)
	plain, subprotocols, ending := startEcho(t), startEcho(t, "-subprotocol", "superchat,chat"), startEcho(t)
	http2 := haproxy.start(t, plain.addr)
	plain.url = http2.encrypted().url
	subprotocols.url = nginx.start(t, subprotocols.addr).encrypted().url
	ending.url = nginx.start(t, ending.addr).encrypted().url
	runScript(t, "browser.mjs", map[string]*server{
		"plain":        plain,
		"subprotocols": subprotocols,
		"ending":       ending,
	}, chromium)
	if !strings.Contains(http2.log(t), " HTTP/2.0\"") {
		t.Error("nothing came by HTTP/2")
	}
}

// Chromium reads why its message is refused behind a proxy as well.
func TestProxyChromiumTooBig(t *testing.T) {
	chromium := findChromium(t)
	withEachProxy(t, func(t *testing.T, b brand) {
		small := startEcho(t, "-max-message", "1000")
		small.url = b.start(t, small.addr).encrypted().url
		runScript(t, "browser.mjs", map[string]*server{"small": small}, chromium)
	})
}
