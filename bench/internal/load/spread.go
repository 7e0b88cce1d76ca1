package load

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net"
)

// Spread says over which addresses connections to a server on 127.0.0.0/8 are
// spread, 5,000 to each: with all on one pair of addresses, ports would run out.
// To any other server it means nothing.
type Spread string

// The ways to spread connections. Destinations are the cheaper ones, but the
// server must listen on all addresses.
const (
	SpreadSources      Spread = "source" // the default
	SpreadDestinations Spread = "destination"
	SpreadBoth         Spread = "both"
)

// PerAddress is the number of connections on one address: a small part of the
// ephemeral ports that Linux has by default. It tries the even ones first, and
// once these are used up, each connection costs a look at all of them.
const PerAddress = 5_000

// check gives s, or the default.
func (s Spread) check() (Spread, error) {
	switch s = cmp.Or(s, SpreadSources); s {
	case SpreadSources, SpreadDestinations, SpreadBoth:
		return s, nil
	}
	return s, fmt.Errorf("connections cannot be spread over %q: use source, destination or both", string(s))
}

// ends gives the addresses of connection i to a server at to, which is on
// 127.0.0.0/8. from is nil if any will do.
func (s Spread) ends(i int, to net.IP) (from, dest net.IP) {
	dest = to
	if s != SpreadSources {
		dest = loopback(to, i)
	}
	if s != SpreadDestinations {
		from = loopback(net.IPv4(127, 0, 0, 1), i)
	}
	return from, dest
}

// loopback gives first for the first connections, the address after it for the
// next ones ... and begins again where 127.0.0.0/8 ends.
func loopback(first net.IP, i int) net.IP {
	const all = 1<<24 - 2 // of 127.0.0.1 to 127.255.255.254
	host := binary.BigEndian.Uint32(first.To4())&(1<<24-1) - 1
	n := (uint64(host) + uint64(i/PerAddress)) % all
	return binary.BigEndian.AppendUint32(nil, 127<<24+1+uint32(n))
}
