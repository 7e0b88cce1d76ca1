package proxyproto

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// outcome is what [Parse] gives.
type outcome struct {
	h   Header
	n   int
	err error
}

func parse(b []byte) outcome {
	h, n, err := Parse(b)
	return outcome{h, n, err}
}

// everyWay parses input whole, cut at every length, and with a tail. All must
// agree.
func everyWay(t testing.TB, input []byte) outcome {
	t.Helper()
	whole := parse(input)
	if whole.n > len(input) || whole.n > 0 && whole.err != nil || whole.n == 0 && whole.h != (Header{}) {
		t.Fatalf("%q: %+v", input, whole)
	}
	decided := outcome{}
	for k := range len(input) + 1 {
		cut := parse(input[:k])
		if decided != (outcome{}) && cut != decided {
			t.Fatalf("%q: %+v, but with %d bytes %+v", input, decided, k, cut)
		}
		decided = cut
		if k < whole.n && cut != (outcome{}) {
			t.Fatalf("%q: %+v, but with %d bytes %+v", input, whole, k, cut)
		}
	}
	if whole != (outcome{}) {
		if tailed := parse(append(slices.Clone(input), "GET / HTTP/1.1\r\n"...)); tailed != whole {
			t.Fatalf("%q: %+v, with a tail %+v", input, whole, tailed)
		}
	}
	if _, typed := errors.AsType[Error](whole.err); whole.err != nil && !typed {
		t.Fatalf("%q: %v is no Error", input, whole.err)
	}
	return whole
}

var valid = []struct {
	name   string
	header []byte
	source string // "": none
	local  bool
}{
	{"TCP4", header1("TCP4 192.0.2.1 198.51.100.2 4711 443"), "192.0.2.1:4711", false},
	{"TCP4, least", header1("TCP4 0.0.0.0 0.0.0.0 0 0"), "0.0.0.0:0", false},
	{"TCP4, most", header1("TCP4 255.255.255.255 255.255.255.255 65535 65535"), "255.255.255.255:65535", false},
	{"TCP6", header1("TCP6 2001:db8::1 2001:DB8::2 4711 443"), "[2001:db8::1]:4711", false},
	{"TCP6, most", header1("TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535"), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", false},
	{"TCP6, mapped", header1("TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.2 4711 443"), "192.0.2.1:4711", false},
	{"UNKNOWN", header1("UNKNOWN"), "", false},
	{"UNKNOWN with more", header1("UNKNOWN " + strings.Repeat("f", 91)), "", false}, // 107 bytes
	{"UNKNOWN with anything", header1("UNKNOWN \x00\r \xff"), "", false},

	{"v2 TCP4", header2(proxy, tcp4, over4), "192.0.2.1:4711", false},
	{"v2 TCP6", header2(proxy, tcp6, over6), "[2001:db8::1]:4711", false},
	{"v2 TCP6, mapped", header2(proxy, tcp6, between("[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:2")), "192.0.2.1:1", false},
	{"v2 LOCAL", header2(local, unspecified), "", true},
	{"v2 LOCAL with addresses", header2(local, tcp4, over4), "", true},
	{"v2 LOCAL with anything", header2(local, 0xff, []byte("anything")), "", true},
	{"v2 unspecified", header2(proxy, unspecified), "", false},
	{"v2 unspecified with anything", header2(proxy, unspecified, []byte("anything")), "", false},
	{"v2 UDP4", header2(proxy, udp4, over4), "", false},
	{"v2 UDP6", header2(proxy, udp6, over6), "", false},
	{"v2 Unix", header2(proxy, unixStream, make([]byte, 216)), "", false},
	{"v2 Unix datagrams", header2(proxy, unixDatagram, make([]byte, 216)), "", false},
	{"v2 with TLVs", header2(proxy, tcp4, over4, tlv(1, "h2"), tlv(2, "example.org"), tlv(4, ""), tlv(0xe0, "x")), "192.0.2.1:4711", false},
	{"v2 with TLS", header2(proxy, tcp6, over6, tlv(0x20, "\x01\x00\x00\x00\x00"+string(tlv(0x21, "TLSv1.3")))), "[2001:db8::1]:4711", false},
	{"v2 with a checksum", summed(proxy, tcp4, 0, over4, tlv(2, "example.org")), "192.0.2.1:4711", false},
	{"v2 with a checksum, IPv6", summed(proxy, tcp6, 0, over6), "[2001:db8::1]:4711", false},
	{"v2, largest", header2(proxy, tcp4, over4, tlv(4, strings.Repeat("x", MaxSize-16-12-3))), "192.0.2.1:4711", false},
}

func TestValid(t *testing.T) {
	for _, test := range valid {
		got := everyWay(t, test.header)
		want := outcome{n: len(test.header), h: Header{Local: test.local}}
		if test.source != "" {
			want.h.Source = netip.MustParseAddrPort(test.source)
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", test.name, got, want)
		}
	}
}

func TestInvalid(t *testing.T) {
	tests := []struct {
		name   string
		header []byte
		want   error
	}{
		{"a request", []byte("GET / HTTP/1.1\r\n"), ErrMissing},
		{"TLS", []byte("\x16\x03\x01"), ErrMissing},
		{"lower case", []byte("proxy TCP4"), ErrMissing},
		{"no space", []byte("PROXY\r\n"), ErrMissing},
		{"another request", []byte("PROXYING / HTTP/1.1\r\n"), ErrMissing},
		{"a signature cut", []byte("\r\n\r\n\x00\r\nQUI\n"), ErrMissing},

		{"no protocol", header1(""), ErrMalformed},
		{"protocol", header1("TCP5 192.0.2.1 198.51.100.2 4711 443"), ErrMalformed},
		{"protocol alone", header1("TCP4"), ErrMalformed},
		{"protocol, lower case", header1("tcp4 192.0.2.1 198.51.100.2 4711 443"), ErrMalformed},
		{"UNKNOWN with more letters", header1("UNKNOWNS"), ErrMalformed},
		{"UNKNOWN after two spaces", header1(" UNKNOWN"), ErrMalformed},
		{"two spaces", header1("TCP4  192.0.2.1 198.51.100.2 4711 443"), ErrMalformed},
		{"space at the end", header1("TCP4 192.0.2.1 198.51.100.2 4711 443 "), ErrMalformed},
		{"tab", header1("TCP4\t192.0.2.1 198.51.100.2 4711 443"), ErrMalformed},
		{"a field less", header1("TCP4 192.0.2.1 198.51.100.2 4711"), ErrMalformed},
		{"a field more", header1("TCP4 192.0.2.1 198.51.100.2 4711 443 0"), ErrMalformed},
		{"IPv6 for TCP4", header1("TCP4 2001:db8::1 2001:db8::2 4711 443"), ErrMalformed},
		{"IPv4 for TCP6", header1("TCP6 192.0.2.1 198.51.100.2 4711 443"), ErrMalformed},
		{"both", header1("TCP4 192.0.2.1 2001:db8::2 4711 443"), ErrMalformed},
		{"a zone", header1("TCP6 fe80::1%eth0 fe80::2 4711 443"), ErrMalformed},
		{"brackets", header1("TCP6 [2001:db8::1] [2001:db8::2] 4711 443"), ErrMalformed},
		{"a name", header1("TCP4 localhost 198.51.100.2 4711 443"), ErrMalformed},
		{"address too large", header1("TCP4 192.0.2.256 198.51.100.2 4711 443"), ErrMalformed},
		{"zeros before a number", header1("TCP4 192.0.02.1 198.51.100.2 4711 443"), ErrMalformed},
		{"port too large", header1("TCP4 192.0.2.1 198.51.100.2 65536 443"), ErrMalformed},
		{"other port too large", header1("TCP4 192.0.2.1 198.51.100.2 4711 65536"), ErrMalformed},
		{"zeros before a port", header1("TCP4 192.0.2.1 198.51.100.2 04711 443"), ErrMalformed},
		{"signed port", header1("TCP4 192.0.2.1 198.51.100.2 +4711 443"), ErrMalformed},
		{"no port", header1("TCP4 192.0.2.1 198.51.100.2  443"), ErrMalformed},
		{"bare LF", []byte("PROXY UNKNOWN\n"), ErrMalformed},
		{"bare CR", []byte("PROXY TCP4 192.0.2.1 198.51.100.2 4711 443\r \n"), ErrMalformed},
		{"long", header1("UNKNOWN " + strings.Repeat("f", 92)), ErrTooLong}, // 108 bytes
		{"endless", []byte("PROXY " + strings.Repeat("x", 200)), ErrTooLong},

		{"v2 version 1", header2(0x11, tcp4, over4), ErrVersion},
		{"v2 version 3", header2(0x31, tcp4, over4), ErrVersion},
		{"v2 command", header2(0x22, tcp4, over4), ErrMalformed},
		{"v2 family", header2(proxy, 0x41, over4), ErrMalformed},
		{"v2 protocol", header2(proxy, 0x13, over4), ErrMalformed},
		{"v2 unspecified family of TCP", header2(proxy, 0x01), ErrMalformed},
		{"v2 TCP4 short", header2(proxy, tcp4, over4[:11]), ErrMalformed},
		{"v2 TCP6 short", header2(proxy, tcp6, over4), ErrMalformed},
		{"v2 Unix short", header2(proxy, unixStream, make([]byte, 215)), ErrMalformed},
		{"v2 TLV's type alone", header2(proxy, tcp4, over4, []byte{4}), ErrMalformed},
		{"v2 TLV's length cut", header2(proxy, tcp4, over4, []byte{4, 0}), ErrMalformed},
		{"v2 TLV too long", header2(proxy, tcp4, over4, []byte{4, 0, 2, 'x'}), ErrMalformed},
		{"v2 second TLV too long", header2(proxy, tcp4, over4, tlv(1, "h2"), []byte{4, 0xff, 0xff}), ErrMalformed},
		{"v2 checksum short", header2(proxy, tcp4, over4, tlv(3, "abc")), ErrMalformed},
		{"v2 checksum twice", summed(proxy, tcp4, 0, over4, tlv(3, "\x00\x00\x00\x00")), ErrMalformed},
		{"v2 checksum wrong", summed(proxy, tcp4, 1, over4), ErrChecksum},
		{"v2 checksum of none", header2(proxy, tcp4, over4, tlv(3, "\x00\x00\x00\x00")), ErrChecksum},
		{"v2 long", header2(proxy, tcp4, over4, tlv(4, strings.Repeat("x", MaxSize-16-12-2))), ErrTooLong},
		{"v2 longest", header2(local, unspecified, bytes.Repeat([]byte{'x'}, 65535)), ErrTooLong},
	}
	for _, test := range tests {
		if got := everyWay(t, test.header); got != (outcome{err: test.want}) {
			t.Errorf("%s: %+v, want %v", test.name, got, test.want)
		}
	}
}

// What is too long is refused before it comes.
func TestLongAtOnce(t *testing.T) {
	b := header2(proxy, tcp4, make([]byte, 65535))
	if _, _, err := Parse(b[:16]); err != ErrTooLong {
		t.Errorf("got %v, want %v", err, ErrTooLong)
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	b := summed(proxy, tcp6, 0, over6, tlv(2, "example.org"))
	if n := testing.AllocsPerRun(100, func() { Parse(b) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
