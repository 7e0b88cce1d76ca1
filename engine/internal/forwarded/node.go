package forwarded

import (
	"net/netip"
	"strconv"
	"strings"
)

// parseItem reads an element of X-Forwarded-For, for which there is no
// standard: an address, or one with a port as in Forwarded.
func parseItem(s string) (netip.AddrPort, bool) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		return netip.AddrPortFrom(addr.Unmap(), 0), true
	}
	return parseNode(s)
}

// parseNode reads a node, RFC 7239 section 6, that is an address: of IPv6 in
// brackets, and with a port if there is a colon behind.
func parseNode(s string) (netip.AddrPort, bool) {
	host, port, is6 := s, "", false
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if host, port, is6 = strings.Cut(inner, "]"); !is6 {
			return netip.AddrPort{}, false
		}
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i:]
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Is6() != is6 || addr.Zone() != "" {
		return netip.AddrPort{}, false
	}
	n, ok := parsePort(port)
	if !ok {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr.Unmap(), n), true
}

// parsePort reads what comes behind an address: nothing, or a colon and a port,
// which may be hidden, RFC 7239 section 6.3.
func parsePort(s string) (port uint16, ok bool) {
	if s == "" {
		return 0, true
	}
	digits, ok := strings.CutPrefix(s, ":")
	if !ok {
		return 0, false
	}
	if name, hidden := strings.CutPrefix(digits, "_"); hidden {
		return 0, name != "" && strings.Trim(name, hiddenChars) == ""
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	return uint16(n), err == nil && len(digits) <= 5
}

const hiddenChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
