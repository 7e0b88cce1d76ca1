package proxyproto

import (
	"encoding/binary"
	"hash/crc32"
	"net/netip"
	"slices"
)

// header1 gives a line of version 1.
func header1(fields string) []byte { return []byte("PROXY " + fields + "\r\n") }

// header2 gives a header of version 2.
func header2(command, family byte, parts ...[]byte) []byte {
	rest := slices.Concat(parts...)
	b := append([]byte("\r\n\r\n\x00\r\nQUIT\n"), command, family)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(rest))), rest...)
}

func tlv(kind byte, value string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{kind}, uint16(len(value))), value...)
}

// between gives the addresses of a connection as version 2 has them.
func between(source, destination string) []byte {
	s, d := netip.MustParseAddrPort(source), netip.MustParseAddrPort(destination)
	b := slices.Concat(s.Addr().AsSlice(), d.Addr().AsSlice())
	b = binary.BigEndian.AppendUint16(b, s.Port())
	return binary.BigEndian.AppendUint16(b, d.Port())
}

// summed gives a header of version 2 whose last TLV is a checksum, which is right
// but for what is added to it.
func summed(command, family byte, wrong uint32, parts ...[]byte) []byte {
	b := header2(command, family, append(parts, tlv(3, "\x00\x00\x00\x00"))...)
	sum := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	binary.BigEndian.PutUint32(b[len(b)-4:], sum+wrong)
	return b
}

var (
	over4 = between("192.0.2.1:4711", "198.51.100.2:443")
	over6 = between("[2001:db8::1]:4711", "[2001:db8::2]:443")
)
