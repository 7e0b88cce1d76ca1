package main

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
)

// rounds makes each guess at a stolen hash cost a good part of a second.
const rounds = 600_000

// users knows names and hashed passwords.
type users struct {
	byName map[string]hashed
	nobody hashed        // compared with for names that are not there: that takes as long
	turn   chan struct{} // hashing costs much: only so many at a time
}

type hashed struct{ salt, key []byte }

func newUsers(passwords map[string]string) (*users, error) {
	u := &users{byName: map[string]hashed{}, nobody: hashed{make([]byte, 16), make([]byte, sha256.Size)}, turn: make(chan struct{}, 2)}
	for name, password := range passwords {
		h := hashed{salt: make([]byte, 16)}
		rand.Read(h.salt)
		var err error
		if h.key, err = derive(password, h.salt); err != nil {
			return nil, err
		}
		u.byName[name] = h
	}
	return u, nil
}

func derive(password string, salt []byte) ([]byte, error) {
	return pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
}

// check tells whether the password is name's. It waits for its turn until ctx
// ends.
func (u *users) check(ctx context.Context, name, password string) error {
	select {
	case u.turn <- struct{}{}:
		defer func() { <-u.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	known, ok := u.byName[name]
	if !ok {
		known = u.nobody
	}
	key, err := derive(password, known.salt)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(key, known.key) != 1 || !ok {
		return errPassword
	}
	return nil
}
