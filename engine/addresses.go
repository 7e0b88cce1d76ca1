package engine

import (
	"net/netip"
	"time"
)

// addresses counts what each address has: its connections, and its right to
// begin others. It holds an address only while it has connections or has used
// up some of that right, and so no more of them than there were connections
// within the last second or two.
type addresses struct {
	maxConns int     // of one address; 0: any number
	rate     float64 // connections begun in a second; 0: any number
	byAddr   map[netip.Addr]*address
	sweepAt  int // size at which to look for those that can go
}

// minSweep is the least size of the table that is swept.
const minSweep = 1024

// address is what is known of one.
type address struct {
	key   netip.Addr
	conns int
	right bucket // to begin connections
}

func newAddresses(maxConns, rate int) *addresses {
	if maxConns == 0 && rate == 0 {
		return nil
	}
	return &addresses{maxConns: maxConns, rate: float64(rate), byAddr: map[netip.Addr]*address{}, sweepAt: minSweep}
}

// enter counts a connection that comes at the time now, and tells whether it
// is within the limits. If it is, it must leave in the end.
func (t *addresses) enter(from netip.Addr, now time.Duration) (a *address, ok bool) {
	key := household(from)
	a = t.byAddr[key]
	if a == nil {
		if len(t.byAddr) >= t.sweepAt {
			t.sweep(now)
		}
		a = &address{key: key, right: fullBucket(t.rate, now)}
		t.byAddr[key] = a
	}
	a.right.refill(t.rate, now)
	if t.rate > 0 && a.right.tokens < 1 || t.maxConns > 0 && a.conns >= t.maxConns {
		return nil, false
	}
	a.right.tokens--
	a.conns++
	return a, true
}

// leave is the end of a connection that entered.
func (t *addresses) leave(a *address, now time.Duration) {
	a.conns--
	a.right.refill(t.rate, now)
	t.forget(a)
}

func (t *addresses) forget(a *address) {
	if a.conns == 0 && (t.rate == 0 || a.right.tokens >= t.rate) {
		delete(t.byAddr, a.key)
	}
}

func (t *addresses) sweep(now time.Duration) {
	for _, a := range t.byAddr {
		a.right.refill(t.rate, now)
		t.forget(a)
	}
	t.sweepAt = max(2*len(t.byAddr), minSweep)
}

// household is what counts as one address: of IPv6 the network of 64 bits,
// all of which a single customer has.
func household(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		net, _ := a.Prefix(64) // cannot fail
		return net.Addr()
	}
	return a
}
