package proxyproto

import (
	"encoding/binary"
	"hash/crc32"
	"net/netip"
)

// What each header of version 2 has: signature, version and command, family and
// protocol, the size of the rest.
const (
	versionAt = len(signature2)
	familyAt  = versionAt + 1
	sizeAt    = familyAt + 1
	fixed     = sizeAt + 2
)

const (
	local = 0x20 // version 2
	proxy = 0x21
)

// addresses gives the bytes that the addresses of a family take; it is not ok if
// there is no such family.
func addresses(family byte) (n int, ok bool) {
	switch family {
	case unspecified:
		return 0, true
	case tcp4, udp4:
		return 2 * (4 + 2), true
	case tcp6, udp6:
		return 2 * (16 + 2), true
	case unixStream, unixDatagram:
		return 2 * 108, true
	}
	return 0, false
}

const (
	unspecified  = 0x00
	tcp4         = 0x11
	udp4         = 0x12
	tcp6         = 0x21
	udp6         = 0x22
	unixStream   = 0x31
	unixDatagram = 0x32
)

// parse2 reads a header of version 2, which is binary. What follows LOCAL, or an
// unspecified family, is skipped without a look at it.
func parse2(b []byte) (h Header, n int, err error) {
	n, err = size2(b)
	if n == 0 || n > len(b) {
		return Header{}, 0, err
	}
	b = b[:n]
	if h.Local = b[versionAt] == local; h.Local || b[familyAt] == unspecified {
		return h, n, nil
	}
	own, _ := addresses(b[familyAt])
	if err := checkTLVs(b, fixed+own); err != nil {
		return Header{}, 0, err
	}
	h.Source = source2(b[familyAt], b[fixed:])
	return h, n, nil
}

// size2 gives the size of a header, once that is known; 0 before, and with an
// error.
func size2(b []byte) (n int, err error) {
	if len(b) > versionAt {
		switch v := b[versionAt]; {
		case v>>4 != 2:
			return 0, ErrVersion
		case v != local && v != proxy:
			return 0, ErrMalformed
		}
	}
	if len(b) <= familyAt {
		return 0, nil
	}
	least, ok := addresses(b[familyAt])
	if b[versionAt] == local {
		least, ok = 0, true
	}
	if !ok {
		return 0, ErrMalformed
	}
	if len(b) < fixed {
		return 0, nil
	}
	rest := int(binary.BigEndian.Uint16(b[sizeAt:]))
	switch {
	case fixed+rest > MaxSize:
		return 0, ErrTooLong
	case rest < least:
		return 0, ErrMalformed
	}
	return fixed + rest, nil
}

// source2 reads the source out of a family's addresses: it comes first, and its
// port behind both. Only TCP has one that counts here.
func source2(family byte, b []byte) netip.AddrPort {
	switch family {
	case tcp4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b)), binary.BigEndian.Uint16(b[8:]))
	case tcp6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b)).Unmap(), binary.BigEndian.Uint16(b[32:]))
	}
	return netip.AddrPort{}
}

// typeCRC32C is the type of the TLV that has a checksum, and of which there may
// be one.
const typeCRC32C = 0x03

// checkTLVs checks the type-length-values of the header b, from an offset on to
// its end, section 2.2.
func checkTLVs(b []byte, at int) error {
	sum := 0
	for at < len(b) {
		value := at + 3
		if value > len(b) {
			return ErrMalformed
		}
		next := value + int(binary.BigEndian.Uint16(b[at+1:]))
		if next > len(b) {
			return ErrMalformed
		}
		if b[at] == typeCRC32C {
			if next-value != crc32.Size || sum != 0 {
				return ErrMalformed
			}
			sum = value
		}
		at = next
	}
	if sum != 0 && checksum(b, sum) != binary.BigEndian.Uint32(b[sum:]) {
		return ErrChecksum
	}
	return nil
}

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	zeros      = make([]byte, crc32.Size)
)

// checksum gives that of the header b, which has it at an offset: zeros count
// there.
func checksum(b []byte, at int) uint32 {
	crc := crc32.Update(0, castagnoli, b[:at])
	crc = crc32.Update(crc, castagnoli, zeros)
	return crc32.Update(crc, castagnoli, b[at+crc32.Size:])
}
