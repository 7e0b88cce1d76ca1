package engine

import (
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/handshake"
)

// maxSurplus is how many connections beyond the limits are held at a time,
// until their request has come and can be answered. Others are ended at once.
const maxSurplus = 1024

// Descriptors are reserved before the first connection comes: for as many as
// MaxConns allows and a few more, up to maxReserved, or else for so many. They cost
// the kernel 8 bytes each.
const (
	reserved       = 64 << 10
	fewDescriptors = 256
	maxReserved    = 1 << 20
)

// admission keeps a server's connections within its limits. Those beyond are
// taken all the same, as surplus, if only to tell them so: their profile
// refuses every request.
type admission struct {
	maxConns int64 // 0: any number
	taken    atomic.Int64
	surplus  atomic.Int64
	full     *profile // answers 503
	tooMany  *profile // answers 429

	mu    sync.Mutex
	addrs *addresses // nil: no limits for an address
}

func newAdmission(s *settings, o *Options) *admission {
	return &admission{
		maxConns: int64(max(o.MaxConns, 0)),
		full:     s.refusing(http.StatusServiceUnavailable, "this server has as many connections as it takes\n"),
		tooMany:  s.refusing(http.StatusTooManyRequests, "too many connections from this address\n"),
		addrs:    newAddresses(max(o.MaxConnsPerAddr, 0), max(o.MaxConnRatePerAddr, 0)),
	}
}

// descriptors gives how many the connections may come to need.
func (a *admission) descriptors() int {
	if a.maxConns == 0 {
		return reserved
	}
	return int(min(a.maxConns, maxReserved)) + maxSurplus + fewDescriptors
}

// refusing gives a profile that answers every valid request with a status.
func (s *settings) refusing(status int, text string) *profile {
	r := handshake.Reject(status, text)
	r.Header = http.Header{"Retry-After": {"5"}}
	changed := *s
	changed.surplus, changed.workers = true, 0
	changed.checkOrigin = func(*handshake.Request) bool { return true }
	changed.upgrade = func(*Conn, *handshake.Request) (Accept, error) { return Accept{}, r }
	return newProfile(&changed, nil, "", nil)
}

// admit gives a new connection its profile: p, or one that refuses it, or nil
// if it cannot be held at all; and what it counts for, by its address.
func (a *admission) admit(p *profile, from netip.Addr, now time.Duration) (*profile, *address) {
	if a.maxConns > 0 && a.taken.Load() >= a.maxConns {
		return a.overflow(a.full), nil
	}
	addr, ok := a.enter(from, now)
	if !ok {
		return a.overflow(a.tooMany), nil
	}
	if n := a.taken.Add(1); a.maxConns > 0 && n > a.maxConns {
		a.leave(p, addr, now)
		return a.overflow(a.full), nil
	}
	return p, addr
}

// overflow counts a connection as surplus.
func (a *admission) overflow(p *profile) *profile {
	if a.surplus.Add(1) > maxSurplus {
		a.surplus.Add(-1)
		return nil
	}
	return p
}

// demote makes a connection that was admitted, but turns out to be beyond the
// limits of its address, surplus: it gives its profile, or nil if it cannot be
// held, and stays admitted.
func (a *admission) demote() *profile {
	p := a.overflow(a.tooMany)
	if p != nil {
		a.taken.Add(-1)
	}
	return p
}

// enter counts a connection for its address. One that has none, as on Unix
// sockets, is within the limits.
func (a *admission) enter(from netip.Addr, now time.Duration) (addr *address, ok bool) {
	if a.addrs == nil || !from.IsValid() {
		return nil, true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addrs.enter(from, now)
}

// leave is the end of a connection that was admitted.
func (a *admission) leave(p *profile, addr *address, now time.Duration) {
	if p.surplus {
		a.surplus.Add(-1)
		return
	}
	a.taken.Add(-1)
	if addr != nil {
		a.mu.Lock()
		a.addrs.leave(addr, now)
		a.mu.Unlock()
	}
}

// vacate gives back the place of one that was admitted, from any goroutine.
func (s *Server) vacate(addr *address) {
	s.admission.leave(s.settings.profiles[0], addr, time.Duration(s.system.Now()))
}

// leave gives c's place back, and that for its address; a server's connection
// has one. It may be called from any goroutine.
func (c *Conn) leave(addr *address) {
	s := c.sessions()
	s.owner.admission.leave(c.profile, addr, s.loop.Clock())
}

// enroll counts c, for which no address counts yet, for one.
func (s *sessions) enroll(c *Conn, from netip.Addr) (ok bool) {
	a, ok := s.owner.admission.enter(from, s.loop.Now())
	s.guests.put(c.conn.Slot(), a)
	return ok
}

// guests are the addresses that a loop's connections count for, by slot. There
// are none unless addresses have limits.
type guests []*address

func (g *guests) put(slot int, a *address) {
	if a == nil {
		return
	}
	for slot >= len(*g) {
		*g = append(*g, nil)
	}
	(*g)[slot] = a
}

func (g guests) take(slot int) (a *address) {
	if slot < len(g) {
		a, g[slot] = g[slot], nil
	}
	return a
}
