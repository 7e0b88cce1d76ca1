package engine

import (
	"iter"
	"net"
	"net/http"
	"net/netip"
	"slices"

	"github.com/sockeye-ws/sockeye/engine/internal/forwarded"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// Proxies says which peers are proxies, and how they tell where connections
// come from. Nobody else is believed: what others claim is ignored. The zero
// value trusts nobody.
//
// MaxConnsPerAddr and MaxConnRatePerAddr count the address that was told. What
// comes from a trusted address itself, as health checks do, counts for none, and
// neither does a connection whose proxy does not tell an address.
type Proxies struct {
	// Trusted are the networks of the proxies. Danger: whoever can connect
	// from them, or make a proxy in them connect, can claim any address; name
	// single addresses where you can. A network of IPv4 includes its addresses
	// mapped to IPv6. Default: none.
	Trusted []netip.Prefix

	// TrustUnix trusts whoever connects to a Unix socket, as its peers have no
	// address. Danger: any local user who may open the socket.
	TrustUnix bool

	// PROXYProtocol demands of trusted peers that each connection begins with a
	// header of the PROXY protocol, version 1 or 2, of at most 4 KiB, before TLS
	// if there is any. A connection without one is cut, and counted in
	// [Stats].ProxyFailed. Those of health checks (LOCAL), and those whose
	// client has no address for TCP (UNKNOWN), keep the proxy's. Of other peers
	// no header is expected, and one that comes is no valid request: 400, or no
	// TLS. TLVs are skipped, but for a checksum, which must be right.
	// Default: false.
	PROXYProtocol bool

	// Header is the header of requests in which trusted peers say whose they
	// pass on. Proxies append to it: it is read from its end, over addresses
	// that are trusted as well, up to the first that is not, or before the
	// first that is none. What a client has written in it is never reached, as
	// long as each proxy appends the address it has the request from, or
	// replaces the header. Danger: one that passes a client's header on
	// unchanged lets it claim any address. Default: [NoForwardedHeader].
	//
	// With both this and PROXYProtocol, the header counts if the address that
	// the protocol tells is trusted, too. Of an ordinary request for
	// Options.HTTP it is that request's RemoteAddr, but such connections do not
	// count for an address that a header tells, as proxies send the requests of
	// several clients on the same.
	Header ForwardedHeader
}

// ForwardedHeader is a header in which proxies say whose request they pass on.
type ForwardedHeader uint8

const (
	NoForwardedHeader ForwardedHeader = iota
	XForwardedFor                     // X-Forwarded-For, a list of addresses
	Forwarded                         // Forwarded, RFC 7239, of which "for" is read
)

// proxies are a server's, nil if there are none.
type proxies struct {
	trusted  []netip.Prefix
	unix     bool
	protocol bool
	header   string // "": none
	parse    func(lines []string) iter.Seq2[netip.AddrPort, bool]
}

func (o *Proxies) policy() *proxies {
	if o == nil {
		return nil
	}
	p := &proxies{unix: o.TrustUnix, protocol: o.PROXYProtocol}
	for _, network := range o.Trusted {
		p.trusted = append(p.trusted, unmapped(network))
	}
	switch o.Header {
	case XForwardedFor:
		p.header, p.parse = "X-Forwarded-For", forwarded.XForwardedFor
	case Forwarded:
		p.header, p.parse = "Forwarded", forwarded.Forwarded
	}
	return p
}

// unmapped gives a network of IPv4 if it is one that is mapped to IPv6.
func unmapped(p netip.Prefix) netip.Prefix {
	const mapped = 128 - 32
	if p.Addr().Is4In6() && p.Bits() >= mapped {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	return p
}

// trusts tells that an address is a proxy's.
func (p *proxies) trusts(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(p.trusted, func(network netip.Prefix) bool { return network.Contains(a) })
}

// trustsPeer tells that a socket's peer is a proxy. One of TCP may have gone, and
// then has no address either.
func (p *proxies) trustsPeer(l *loop.Loop, fd int) bool {
	if a, ok := l.RemoteIP(fd); ok {
		return p.trusts(a)
	}
	return p.unix && isUnix(loop.LocalAddr(fd))
}

func isUnix(a net.Addr) bool {
	_, ok := a.(*net.UnixAddr)
	return ok
}

// identify gives the client whose request has come from a proxy, by the values
// of its headers; it is not ok if they do not tell.
func (p *proxies) identify(from remote, values func(name string) []string) (client netip.AddrPort, ok bool) {
	if p == nil || p.header == "" || from.is&vouched == 0 {
		return client, false
	}
	for next, good := range p.parse(values(p.header)) {
		if !good {
			break
		}
		if client, ok = next, true; !p.trusts(client.Addr()) {
			break
		}
	}
	return client, ok
}

// remoteOf tells where a request comes from that a net/http server had on a
// socket, as far as that, its listener and its middleware know.
func (p *proxies) remoteOf(r *http.Request, fd int) remote {
	if p == nil {
		return remote{}
	}
	from, ok := parseRemote(r.RemoteAddr)
	switch {
	case !ok && p.unix && isUnix(loop.LocalAddr(fd)):
		return remote{is: vouched}
	case !ok:
		return remote{}
	}
	known := p.remote(from)
	if peer := loop.RemoteAddr(fd); peer != nil && r.RemoteAddr == peer.String() {
		return remote{is: known.is &^ told}
	}
	return known
}

// parseRemote parses a RemoteAddr of package net/http. Middleware may have left
// out the port.
func parseRemote(s string) (from netip.AddrPort, ok bool) {
	if from, err := netip.ParseAddrPort(s); err == nil {
		return from, true
	}
	a, err := netip.ParseAddr(s)
	return netip.AddrPortFrom(a, 0), err == nil
}
