package engine

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
)

// What some seed must bring where there are proxies.
const (
	toldAddress   = "addresses told by proxies"
	claimedInVain = "addresses claimed by others"
)

var (
	simProxy   = netip.MustParseAddr("198.51.100.1")
	simClaimed = netip.MustParseAddr("203.0.113.6")
)

// proxying chooses whether some clients come through a proxy, and how that says
// so.
func (f *simFeatures) proxying(r *rand.Rand) {
	if !once(r, 3) {
		return
	}
	f.Proxies = &Proxies{Trusted: []netip.Prefix{netip.PrefixFrom(simProxy, 32)}, PROXYProtocol: once(r, 2)}
	if !f.speaksPROXY() || once(r, 2) {
		f.Proxies.Header = XForwardedFor
	}
}

// speaksPROXY tells that the proxy speaks it.
func (f *simFeatures) speaksPROXY() bool { return f.Proxies != nil && f.Proxies.PROXYProtocol }

// introduce chooses whether c comes through the proxy. Whoever does or does not,
// some claim another address.
func (c *simClient) introduce(r *rand.Rand) {
	if c.w.Proxies == nil {
		return
	}
	c.proxied, c.claims = once(r, 2), once(r, 2)
	forwarded := ""
	if c.claims {
		forwarded = simClaimed.String()
	}
	if c.proxied && !c.w.speaksPROXY() {
		forwarded += "," + c.addr.String()
	}
	if forwarded != "" {
		c.request.Header = http.Header{"X-Forwarded-For": {forwarded}}
	}
}

// peer gives the address that c's sockets have.
func (c *simClient) peer() netip.Addr {
	if c.proxied {
		return simProxy
	}
	return c.addr
}

// proxyHeader gives what comes before all else on c's connections.
func (c *simClient) proxyHeader() []byte {
	if !c.proxied || !c.w.speaksPROXY() {
		return nil
	}
	if c.number%2 == 0 {
		return fmt.Appendf(nil, "PROXY TCP4 %v 192.0.2.99 4711 443\r\n", c.addr)
	}
	b := append([]byte("\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"), c.addr.AsSlice()...)
	return append(b, "\xc0\x00\x02\x63\x12\x67\x01\xbb"...)
}

// checkTold sees to it that a proxy is believed, and nobody else is.
func (w *world) checkTold(j *journal) {
	if j.client == nil || w.Proxies == nil {
		return
	}
	from, ok := j.conn.remoteLocked().told()
	switch {
	case ok != j.client.proxied, ok && from.Addr() != j.client.addr:
		w.fail("client %d, by proxy: %v: it is at %v, %v was told (%v)", j.client.number, j.client.proxied, j.client.addr, from, ok)
	case ok:
		w.saw[toldAddress]++
	case j.client.claims:
		w.saw[claimedInVain]++
	}
}

// checkForgotten sees to it that no address is left of a connection that is gone.
func (w *world) checkForgotten() {
	for _, s := range w.server.group.sessions {
		for slot, r := range s.remotes.bySlot {
			if r != (remote{}) {
				w.fail("slot %d still has the address %+v", slot, r)
			}
		}
		for slot, a := range s.guests {
			if a != nil {
				w.fail("slot %d still counts for %v", slot, a.key)
			}
		}
	}
}
