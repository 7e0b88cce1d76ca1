package proxyproto

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// The oracle reads a whole header with others' means: regular expressions,
// package net, and io.Reader. It does not tell errors apart.

var line1 = regexp.MustCompile(`^(?s:PROXY (?:UNKNOWN(?: [^\n]*)?|(TCP[46]) ([^ \n]+) ([^ \n]+) (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4})))\r\n`)

func oracle(b []byte) (h Header, n int, ok bool) {
	if bytes.HasPrefix(b, []byte(signature2)) {
		return oracle2(b)
	}
	m := line1.FindSubmatch(b)
	if m == nil || len(m[0]) > 107 {
		return Header{}, 0, false
	}
	if string(m[1]) == "" {
		return Header{}, len(m[0]), true
	}
	var ends [2]netip.AddrPort
	for i := range ends {
		text, six := string(m[2+i]), bytes.Contains(m[2+i], []byte(":"))
		ip := net.ParseIP(text)
		port, err := strconv.Atoi(string(m[4+i]))
		if ip == nil || six != (string(m[1]) == "TCP6") || err != nil || port > 65535 {
			return Header{}, 0, false
		}
		a, _ := netip.AddrFromSlice(ip)
		ends[i] = netip.AddrPortFrom(a.Unmap(), uint16(port))
	}
	return Header{Source: ends[0]}, len(m[0]), true
}

func oracle2(b []byte) (h Header, n int, ok bool) {
	var head struct {
		Signature       [12]byte
		Command, Family byte
		Size            uint16
	}
	r := bytes.NewReader(b)
	if binary.Read(r, binary.BigEndian, &head) != nil || head.Size > MaxSize-16 || r.Len() < int(head.Size) {
		return Header{}, 0, false
	}
	n = 16 + int(head.Size)
	body := io.LimitReader(r, int64(head.Size))
	switch {
	case head.Command == 0x20:
		return Header{Local: true}, n, true
	case head.Command != 0x21:
		return Header{}, 0, false
	case head.Family == 0:
		return Header{}, n, true
	}
	sizes := map[byte]int{0x11: 4, 0x12: 4, 0x21: 16, 0x22: 16, 0x31: 108, 0x32: 108}
	size := sizes[head.Family]
	source, destination, ports := make([]byte, size), make([]byte, size), make([]byte, 4)
	if size == 108 {
		ports = nil
	}
	for _, part := range [][]byte{source, destination, ports} {
		if _, err := io.ReadFull(body, part); size == 0 || err != nil {
			return Header{}, 0, false
		}
	}
	if head.Family == 0x11 || head.Family == 0x21 {
		a, _ := netip.AddrFromSlice(source)
		h.Source = netip.AddrPortFrom(a.Unmap(), binary.BigEndian.Uint16(ports))
	}
	rest, _ := io.ReadAll(body)
	return h, n, oracleTLVs(b[:n], rest)
}

func oracleTLVs(header, rest []byte) bool {
	var sums []int // where they are
	for len(rest) > 0 {
		if len(rest) < 3 || len(rest) < 3+int(rest[1])<<8+int(rest[2]) {
			return false
		}
		size := int(rest[1])<<8 + int(rest[2])
		if rest[0] == 3 {
			if size != 4 {
				return false
			}
			sums = append(sums, len(header)-len(rest)+3)
		}
		rest = rest[3+size:]
	}
	if len(sums) == 0 {
		return true
	}
	zeroed := slices.Clone(header)
	clear(zeroed[sums[0] : sums[0]+4])
	return len(sums) == 1 && crc32.Checksum(zeroed, crc32.MakeTable(crc32.Castagnoli)) == binary.BigEndian.Uint32(header[sums[0]:])
}

func compare(t testing.TB, b []byte) {
	t.Helper()
	got := everyWay(t, b)
	h, n, ok := oracle(b)
	if ok != (got.n > 0) || ok && (got.h != h || got.n != n) {
		t.Fatalf("%q: %+v, but the oracle says %+v, %d, %v", b, got, h, n, ok)
	}
}

func FuzzParse(f *testing.F) {
	for _, test := range valid {
		f.Add(test.header)
	}
	f.Add(summed(proxy, tcp4, 1, over4))
	f.Fuzz(func(t *testing.T, b []byte) {
		compare(t, b)
		compare(t, header1(string(b)))
		compare(t, header2(proxy, tcp4, over4, b))
	})
}

// Headers in which a few bytes are changed, missing, or too many.
func TestMutated(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	bytesOften := []byte(" \r\n\x00\x01\x02\x03\x04 :.09afTCP46\xff")
	refused := 0
	for range 5_000 {
		b := slices.Clone(valid[r.IntN(len(valid)-1)].header) // not the largest
		for range 1 + r.IntN(3) {
			i := r.IntN(len(b))
			c := bytesOften[r.IntN(len(bytesOften))]
			switch r.IntN(4) {
			case 0:
				b[i] = c
			case 1:
				b[i] ^= 1 << r.IntN(8)
			case 2:
				b = slices.Insert(b, i, c)
			default:
				b = slices.Delete(b, i, i+1)
			}
		}
		compare(t, b)
		if _, _, ok := oracle(b); !ok {
			refused++
		}
	}
	if refused < 1000 || refused > 4500 {
		t.Errorf("%d of 5000 are invalid: too few of one kind to tell", refused)
	}
}
