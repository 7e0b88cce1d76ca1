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
	right float64 // connections that may be begun, as of the time at
	at    time.Duration
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
		a = &address{key: key, right: t.rate, at: now}
		t.byAddr[key] = a
	}
	t.refill(a, now)
	if t.rate > 0 && a.right < 1 || t.maxConns > 0 && a.conns >= t.maxConns {
		return nil, false
	}
	a.right--
	a.conns++
	return a, true
}

// leave is the end of a connection that entered.
func (t *addresses) leave(a *address, now time.Duration) {
	a.conns--
	t.refill(a, now)
	t.forget(a)
}

// refill gives back the right to begin connections as time passes.
func (t *addresses) refill(a *address, now time.Duration) {
	passed := max(now-a.at, 0) // two loops' times differ a little
	a.right = min(a.right+passed.Seconds()*t.rate, t.rate)
	a.at = now
}

func (t *addresses) forget(a *address) {
	if a.conns == 0 && (t.rate == 0 || a.right >= t.rate) {
		delete(t.byAddr, a.key)
	}
}

func (t *addresses) sweep(now time.Duration) {
	for _, a := range t.byAddr {
		t.refill(a, now)
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
