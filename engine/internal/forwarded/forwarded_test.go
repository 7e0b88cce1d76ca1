package forwarded

import (
	"iter"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// all gives what is yielded, with "?" for what is no address. Without a port it
// is the address alone.
func all(nodes iter.Seq2[netip.AddrPort, bool]) (got []string) {
	for node, ok := range nodes {
		switch {
		case !ok:
			got = append(got, "?")
		case node.Port() == 0:
			got = append(got, node.Addr().String())
		default:
			got = append(got, node.String())
		}
	}
	return got
}

type lists []struct {
	lines []string
	want  string // the last first, with spaces between
}

func (tests lists) run(t *testing.T, parse func([]string) iter.Seq2[netip.AddrPort, bool]) {
	for _, test := range tests {
		if got := strings.Join(all(parse(test.lines)), " "); got != test.want {
			t.Errorf("%q: %q, want %q", test.lines, got, test.want)
		}
	}
}

func TestXForwardedFor(t *testing.T) {
	lists{
		{nil, ""},
		{[]string{""}, ""},
		{[]string{"192.0.2.1"}, "192.0.2.1"},
		{[]string{"192.0.2.1, 192.0.2.2,192.0.2.3"}, "192.0.2.3 192.0.2.2 192.0.2.1"},
		{[]string{"192.0.2.1, 192.0.2.2", "192.0.2.3"}, "192.0.2.3 192.0.2.2 192.0.2.1"},
		{[]string{" ,\t192.0.2.1 ,, "}, "192.0.2.1"},
		{[]string{"2001:db8::1"}, "2001:db8::1"},
		{[]string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		{[]string{"[2001:db8::1]"}, "2001:db8::1"},
		{[]string{"[2001:db8::1]:4711, 192.0.2.1:80"}, "192.0.2.1:80 [2001:db8::1]:4711"},
		{[]string{"unknown, 192.0.2.1"}, "192.0.2.1 ?"},
		{[]string{"192.0.2.1;192.0.2.2, 192.0.2.256, 192.0.2, 192.0.2.1.4, 192.0.02.1"}, "? ? ? ? ?"},
		{[]string{"fe80::1%eth0, [fe80::1%eth0], [192.0.2.1], [2001:db8::1, 2001:db8::1]"}, "? ? ? ? ?"},
		{[]string{"192.0.2.1:, 192.0.2.1:65536, 192.0.2.1:+1, [::1]80, :80, 1.2.3.4:000080"}, "? ? ? ? ? ?"},
		{[]string{`"192.0.2.1", for=192.0.2.1, 192.0.2.1 192.0.2.2`}, "? ? ?"},
	}.run(t, XForwardedFor)
}

func TestForwarded(t *testing.T) {
	lists{
		{nil, ""},
		{[]string{""}, ""},
		// RFC 7239 section 4
		{[]string{`for="_gazonk"`}, "?"},
		{[]string{`For="[2001:db8:cafe::17]:4711"`}, "[2001:db8:cafe::17]:4711"},
		{[]string{`for=192.0.2.60;proto=http;by=203.0.113.43`}, "192.0.2.60"},
		{[]string{`for=192.0.2.43, for=198.51.100.17`}, "198.51.100.17 192.0.2.43"},
		// section 7.1
		{[]string{`for=192.0.2.43, for="[2001:db8:cafe::17]", for=unknown`}, "? 2001:db8:cafe::17 192.0.2.43"},
		{[]string{`for=192.0.2.43`, `for="[2001:db8:cafe::17]", for=unknown`}, "? 2001:db8:cafe::17 192.0.2.43"},
		// section 6
		{[]string{`for="192.0.2.43:47011", for="[2001:db8:cafe::17]:47011"`}, "[2001:db8:cafe::17]:47011 192.0.2.43:47011"},
		{[]string{`for="192.0.2.43:_hidden", for="unknown:80", for="_a:80"`}, "? ? 192.0.2.43"},

		{[]string{`,, for=192.0.2.1 ,`}, "192.0.2.1"},
		{[]string{`;for=192.0.2.1;;`, `for=192.0.2.2; by=_a ;proto=x`}, "192.0.2.2 192.0.2.1"},
		{[]string{`FOR="192\.0.2.1"`}, "192.0.2.1"},
		{[]string{`by="a,b\",c";for=192.0.2.1, for=192.0.2.2;by="\\"`}, "192.0.2.2 192.0.2.1"},
		{[]string{`proto=https, 192.0.2.1, for, for=, =192.0.2.1`}, "? ? ? ? ?"},
		{[]string{`for=192.0.2.2, for="192.0.2.1`}, "?"}, // nobody can tell what is quoted
		{[]string{`for=192.0.2.1;for=192.0.2.1, for=2001:db8::1, for=[2001:db8::1], for="2001:db8::1"`}, "? ? ? ?"},
		{[]string{`for =192.0.2.1, for= 192.0.2.1, for="192.0.2.1"x, for=192.0.2.1 by=a, for="[fe80::1%eth0]"`}, "? ? ? ? ?"},
		{[]string{`for=192.0.2.1;by="a`}, "?"},
		{[]string{`for="192.0.2.1:_", for="192.0.2.1:_ä", for="192.0.2.1:99999", for="192.0.2.1:"`}, "? ? ? ?"},
		{[]string{`for="192.0.2.1\`}, "?"},
	}.run(t, Forwarded)
}

// What a client has written does not change what is read of those behind it.
func TestBehindAnything(t *testing.T) {
	for _, claimed := range []string{`"`, `for="`, `for="\`, `for="\"`, `\`, `\\`, `for=6.6.6.6, by="`, `",`, `x="a\",`, `for="[`, `;`, `for=`} {
		got := all(Forwarded([]string{claimed + `, for=192.0.2.1;by="a,b", for="[2001:db8::1]:80"`}))
		if want := []string{"[2001:db8::1]:80", "192.0.2.1"}; !slices.Equal(got[:min(2, len(got))], want) {
			t.Errorf("behind %q: %q", claimed, got)
		}
	}
}

// Who stops early has nothing more parsed.
func TestStops(t *testing.T) {
	n := 0
	for range XForwardedFor([]string{"192.0.2.1, 192.0.2.2", "192.0.2.3, 192.0.2.4"}) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d addresses", n)
	}
}
