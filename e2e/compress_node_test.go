package e2e

import (
	"strings"
	"testing"
)

// startCompressing starts a server in each mode, behind a tap.
func startCompressing(t *testing.T) (servers map[string]*server, taps map[string]*tap) {
	servers, taps = map[string]*server{}, map[string]*tap{}
	for _, mode := range compressModes {
		tap := startTap(t, startEcho(t, strings.Fields(mode.flags)...).url)
		servers[mode.name], taps[mode.name] = &server{url: tap.url}, tap
	}
	return servers, taps
}

// expectCompressed demands that most of what went both ways was compressed.
func expectCompressed(t *testing.T, taps map[string]*tap) {
	t.Helper()
	for name, tap := range taps {
		sent, received := tap.take()
		if sent.compressed < sent.messages/2 || received.compressed < received.messages/2 || sent.messages == 0 {
			t.Errorf("%s: not compressed: %+v sent, %+v received", name, sent, received)
		}
	}
}

func TestNodeCompress(t *testing.T) {
	servers, taps := startCompressing(t)
	servers["small"] = startEcho(t, "-compress=takeover", "-max-message", "5000")
	runScript(t, "compress_client.mjs", servers)
	expectCompressed(t, taps)
}

func TestChromiumCompress(t *testing.T) {
	servers, taps := startCompressing(t)
	servers["compressed, small"] = startEcho(t, "-compress=takeover", "-max-message", "5000")
	runScript(t, "browser.mjs", servers, findChromium(t))
	expectCompressed(t, taps)
}
