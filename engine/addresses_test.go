package engine

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

func TestAddressLimits(t *testing.T) {
	one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	a := newAddresses(3, 2)
	var in []*address
	enter := func(from netip.Addr, at time.Duration, want bool) {
		t.Helper()
		got, ok := a.enter(from, at)
		if ok != want {
			t.Errorf("%v at %v: %v", from, at, ok)
		}
		if ok {
			in = append(in, got)
		}
	}
	enter(one, 0, true)
	enter(one, 0, true)
	enter(one, 0, false) // two in a second
	enter(two, 0, true)
	enter(one, 400*time.Millisecond, false)
	enter(one, 500*time.Millisecond, true)
	enter(one, 10*time.Second, false) // three at a time
	a.leave(in[0], 10*time.Second)
	enter(one, 10*time.Second, true)
	enter(one, 9*time.Second, false) // another loop's clock is behind
	for _, addr := range in[1:] {
		a.leave(addr, 20*time.Second)
	}
	if len(a.byAddr) != 0 {
		t.Errorf("%d addresses are kept without need", len(a.byAddr))
	}
}

// Two loops' times differ a little, which must not count as time that passes.
func TestAddressRateOnTwoLoops(t *testing.T) {
	const rate = 10
	a := newAddresses(0, rate)
	from, n := netip.MustParseAddr("192.0.2.1"), 0
	for range 100 {
		for _, now := range []time.Duration{10 * time.Second, 9500 * time.Millisecond} {
			if _, ok := a.enter(from, now); ok {
				n++
			}
		}
	}
	if n != rate {
		t.Errorf("%d connections began at once, want %d", n, rate)
	}
}

func TestHouseholds(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8::1", "2001:db8:0:0:ffff::2", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"fe80::1%eth0", "fe80::1%eth1", true},
	} {
		if same := household(netip.MustParseAddr(c.a)) == household(netip.MustParseAddr(c.b)); same != c.same {
			t.Errorf("%s and %s: the same %v", c.a, c.b, same)
		}
	}
}

// Addresses that came once and went are not kept for long, however many, and
// however many of them at once.
func TestAddressesAreForgotten(t *testing.T) {
	a := newAddresses(0, 10)
	n := uint32(0)
	visit := func(now time.Duration) {
		var key [4]byte
		binary.BigEndian.PutUint32(key[:], n)
		n++
		addr, ok := a.enter(netip.AddrFrom4(key), now)
		if !ok {
			t.Fatal("a new address was refused")
		}
		a.leave(addr, now)
	}
	now := time.Duration(0)
	expect := func(when string, most int) {
		t.Helper()
		if n := len(a.byAddr); n > most {
			t.Errorf("%s: %d addresses are kept, of which %d can be in use", when, n, most)
		}
	}
	for range 10_000 {
		now += time.Millisecond
		visit(now)
	}
	expect("at 1,000 a second", 101)
	for range 10_000 {
		visit(now)
	}
	for range 1000 {
		now += time.Second
		visit(now)
	}
	expect("after very many at once", 1)
}

// The oldest comes first, also of those that come again and again.
func TestAddressesInUseAreKept(t *testing.T) {
	a := newAddresses(0, 10)
	one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	stays, _ := a.enter(one, 0)
	for now := range 10 * time.Second / time.Millisecond {
		if addr, ok := a.enter(two, now*time.Millisecond); ok {
			a.leave(addr, now*time.Millisecond)
		}
	}
	if a.byAddr[one] != stays || len(a.byAddr) != 2 {
		t.Errorf("%d addresses are kept", len(a.byAddr))
	}
	a.leave(stays, time.Minute)
	a.enter(two, 2*time.Minute)
	if len(a.byAddr) != 1 || a.idle.Len() != 0 {
		t.Errorf("%d addresses are kept, %d idle", len(a.byAddr), a.idle.Len())
	}
}

func BenchmarkAddresses(b *testing.B) {
	a := newAddresses(100, 1_000_000)
	from := netip.MustParseAddr("192.0.2.1")
	b.ReportAllocs()
	for now := time.Duration(0); b.Loop(); now += time.Millisecond {
		addr, ok := a.enter(from, now)
		if !ok {
			b.Fatal("refused")
		}
		a.leave(addr, now)
	}
}
