package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

// maxSessions is how many sessions there may be at a time.
const maxSessions = 100_000

var (
	errUnknown  = errors.New("no such session, or not any more")
	errTooMany  = errors.New("too many sessions")
	errPassword = errors.New("wrong name or password")
	errGuesses  = errors.New("too many wrong passwords")
)

// session is what a secret stands for. Its context ends with it.
type session struct {
	context.Context
	name string
	end  context.CancelFunc
}

// sessions knows the sessions by the hashes of their secrets: who reads its
// memory, or a table of it, cannot come in with what is there. As what is looked up is a hash, how
// long that takes tells nothing about a secret.
type sessions struct {
	mu     sync.Mutex
	byHash map[[sha256.Size]byte]*session
}

// begin makes a session, and gives its secret: 130 random bits, in letters and digits
// that may stand in a cookie and in a subprotocol's name.
func (s *sessions) begin(name string, life time.Duration) (secret string, err error) {
	secret = rand.Text()
	hash := sha256.Sum256([]byte(secret))
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byHash) >= maxSessions {
		return "", errTooMany
	}
	if s.byHash == nil {
		s.byHash = map[[sha256.Size]byte]*session{}
	}
	ctx, end := context.WithTimeout(context.Background(), life)
	s.byHash[hash] = &session{ctx, name, end}
	context.AfterFunc(ctx, func() { s.forget(hash) })
	return secret, nil
}

func (s *sessions) forget(hash [sha256.Size]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byHash, hash)
}

// find gives the session of a secret. A real one would ask a database, which
// takes a while: ctx ends the wait.
func (s *sessions) find(ctx context.Context, secret string) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(secret))
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.byHash[hash]
	if found == nil || found.Err() != nil {
		return nil, errUnknown
	}
	return found, nil
}
