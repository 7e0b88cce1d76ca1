package proxyproto

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// maxLine is the limit of a header of version 1, its end included.
const maxLine = 107

// parse1 reads a header of version 1, which is a line of text.
func parse1(b []byte) (h Header, n int, err error) {
	b = b[:min(len(b), maxLine)]
	end := bytes.IndexByte(b, '\n')
	switch {
	case end < 0 && len(b) < maxLine:
		return Header{}, 0, nil
	case end < 0:
		return Header{}, 0, ErrTooLong
	case b[end-1] != '\r':
		return Header{}, 0, ErrMalformed
	}
	h.Source, err = parseLine(string(b[len(signature1) : end-1]))
	if err != nil {
		return Header{}, 0, err
	}
	return h, end + 1, nil
}

// parseLine reads what is between signature and end of line.
func parseLine(s string) (source netip.AddrPort, err error) {
	protocol, rest, _ := strings.Cut(s, " ")
	switch protocol {
	case "UNKNOWN": // whatever follows
		return netip.AddrPort{}, nil
	case "TCP4", "TCP6":
	default:
		return netip.AddrPort{}, ErrMalformed
	}
	f := strings.Split(rest, " ")
	if len(f) != 4 {
		return netip.AddrPort{}, ErrMalformed
	}
	if source, err = parseAddrPort(f[0], f[2], protocol == "TCP4"); err != nil {
		return netip.AddrPort{}, err
	}
	_, err = parseAddrPort(f[1], f[3], protocol == "TCP4")
	return source, err
}

func parseAddrPort(addr, port string, is4 bool) (netip.AddrPort, error) {
	a, err := netip.ParseAddr(addr)
	if err != nil || a.Is4() != is4 || a.Zone() != "" {
		return netip.AddrPort{}, ErrMalformed
	}
	p, err := strconv.ParseUint(port, 10, 16)
	if err != nil || len(port) > 1 && port[0] == '0' {
		return netip.AddrPort{}, ErrMalformed
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(p)), nil
}
