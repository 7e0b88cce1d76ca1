package engine

import (
	"container/list"
	"net/netip"
	"time"
)

// addresses counts what each address has: its connections, and its right to
// begin others. It holds an address only while it has connections or has used
// up some of that right, which is whole again after a second.
type addresses struct {
	maxConns int     // of one address; 0: any number
	rate     float64 // connections begun in a second; 0: any number
	byAddr   map[netip.Addr]*address
	idle     list.List // the *address without connections, the longest so first
}

// maxForget bounds how many addresses are forgotten as one connection comes or
// goes, which others wait for.
const maxForget = 64

// address is what is known of one.
type address struct {
	key   netip.Addr
	conns int
	right bucket        // to begin connections
	idle  *list.Element // of addresses.idle, or nil
}

func newAddresses(maxConns, rate int) *addresses {
	if maxConns == 0 && rate == 0 {
		return nil
	}
	return &addresses{maxConns: maxConns, rate: float64(rate), byAddr: map[netip.Addr]*address{}}
}

// enter counts a connection that comes at the time now, and tells whether it
// is within the limits. If it is, it must leave in the end.
func (t *addresses) enter(from netip.Addr, now time.Duration) (a *address, ok bool) {
	t.forget(now)
	key := household(from)
	a = t.byAddr[key]
	if a == nil {
		a = &address{key: key, right: fullBucket(t.rate, now)}
		t.byAddr[key] = a
	}
	a.right.refill(t.rate, now)
	if t.rate > 0 && a.right.tokens < 1 || t.maxConns > 0 && a.conns >= t.maxConns {
		return nil, false
	}
	if a.idle != nil {
		t.idle.Remove(a.idle)
		a.idle = nil
	}
	a.right.tokens--
	a.conns++
	return a, true
}

// leave is the end of a connection that entered.
func (t *addresses) leave(a *address, now time.Duration) {
	if a.conns--; a.conns == 0 {
		a.idle = t.idle.PushBack(a)
	}
	t.forget(now)
}

// forget forgets those without connections that have their right again.
func (t *addresses) forget(now time.Duration) {
	for range maxForget {
		e := t.idle.Front()
		if e == nil {
			return
		}
		a := e.Value.(*address)
		if a.right.refill(t.rate, now); t.rate > 0 && a.right.tokens < t.rate {
			return
		}
		t.idle.Remove(e)
		delete(t.byAddr, a.key)
	}
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
