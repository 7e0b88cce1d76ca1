package main

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

// at makes the time one that does not pass.
func (g *guesses) at(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now = func() time.Time { return now }
}

// apart gives guesses of which no two of keys share a place, as they may by
// chance.
func apart(keys ...string) *guesses {
	for {
		g, places := newGuesses(time.Now), map[*time.Time]bool{}
		for _, key := range keys {
			places[g.placeLocked(key)] = true
		}
		if len(places) == len(keys) {
			return g
		}
	}
}

func TestGuesses(t *testing.T) {
	now := time.Now()
	g := apart("a", "b", "c")
	g.at(now)
	expect := func(n int, keys ...string) {
		t.Helper()
		for i := range n + 1 {
			if ok := g.take(keys...); ok != (i < n) {
				t.Fatalf("guess %d of %d with %q: %v", i+1, n, keys, ok)
			}
		}
	}
	for range 2 * maxGuesses {
		g.take("a", "b")
		g.giveBack("a", "b")
	}
	expect(maxGuesses, "a", "b")
	expect(0, "a")
	expect(0, "b", "c")
	expect(maxGuesses, "c") // which the others had no part of
	g.at(now.Add(guessEvery))
	expect(1, "a")
	g.at(now.Add(100 * guessEvery))
	expect(maxGuesses, "a")
}

// Who has guessed too often is not even heard with the right password, for a
// while; by the name, or by the address.
func TestLoginAfterGuesses(t *testing.T) {
	a, addr := serve(t, wait)
	now := time.Now()
	a.guesses.at(now)
	login := func(want int) {
		t.Helper()
		status, _, _ := post(t, "http://"+addr+"/login", url.Values{"name": {"ada"}, "password": {"lovelace"}}, http.Header{})
		if status != want {
			t.Errorf("answered with %d, want %d", status, want)
		}
	}
	for _, key := range []string{"name ada", "address 127.0.0.1"} {
		for a.guesses.take(key) {
		}
		login(http.StatusTooManyRequests)
		now = now.Add(guessEvery)
		a.guesses.at(now)
		login(http.StatusNoContent) // which takes none
		if !a.guesses.take(key) || a.guesses.take(key) {
			t.Errorf("not just one guess of %q has come back", key)
		}
		now = now.Add(100 * guessEvery)
		a.guesses.at(now)
	}
}

// A wrong password costs a guess of both.
func TestGuessesAreTaken(t *testing.T) {
	a, addr := serve(t, wait)
	a.guesses.at(time.Now())
	post(t, "http://"+addr+"/token", url.Values{"name": {"bob"}, "password": {"x"}}, http.Header{})
	for _, key := range []string{"name bob", "address 127.0.0.1"} {
		left := 0
		for a.guesses.take(key) {
			left++
		}
		if left != maxGuesses-1 {
			t.Errorf("%q has %d guesses left", key, left)
		}
	}
}

func TestNetwork(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.1:80":           "192.0.2.1",
		"[::ffff:192.0.2.1]:80":  "192.0.2.1",
		"[2001:db8::1:2:3:4]:80": "2001:db8::/64",
		"[fe80::1%eth0]:80":      "fe80::/64",
		"@":                      "@",
	} {
		if got := network(from); got != want {
			t.Errorf("%s is %s, want %s", from, got, want)
		}
	}
}
