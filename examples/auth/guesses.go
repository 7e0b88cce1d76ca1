package main

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// Each address and each name may guess so often wrong at once, and then once in
// so long.
const (
	maxGuesses = 10
	guessEvery = time.Minute
)

// guesses bounds how often passwords are guessed. A key has its place by its hash
// among a fixed number: so nobody can make it grow, or choose whose place to
// share.
type guesses struct {
	now  func() time.Time
	seed maphash.Seed

	mu     sync.Mutex
	places [1 << 14]time.Time // when all guesses are there again
}

func newGuesses(now func() time.Time) *guesses {
	return &guesses{now: now, seed: maphash.MakeSeed()}
}

// take takes a guess from each of keys, if all have one left.
func (g *guesses) take(keys ...string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	for _, key := range keys {
		if g.placeLocked(key).Sub(now) > (maxGuesses-1)*guessEvery {
			return false
		}
	}
	for _, key := range keys {
		place := g.placeLocked(key)
		if place.Before(now) {
			*place = now
		}
		*place = place.Add(guessEvery)
	}
	return true
}

// giveBack takes back what was no wrong guess.
func (g *guesses) giveBack(keys ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, key := range keys {
		place := g.placeLocked(key)
		*place = place.Add(-guessEvery)
	}
}

func (g *guesses) placeLocked(key string) *time.Time {
	return &g.places[maphash.String(g.seed, key)%uint64(len(g.places))]
}

// network gives what counts as one address: of IPv6 the network of 64 bits, all
// of which a single customer has.
func network(remoteAddr string) string {
	from, err := netip.ParseAddrPort(remoteAddr)
	if err != nil {
		return remoteAddr
	}
	a := from.Addr().Unmap().WithZone("")
	if a.Is6() {
		net, _ := a.Prefix(64) // cannot fail
		return net.String()
	}
	return a.String()
}
