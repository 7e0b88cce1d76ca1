// Package malformed makes what broken and hostile clients send, from a seed,
// with valid traffic in between, and says what a server must make of it. It is
// for tests alone.
//
// Its verdicts are oracles: they look at the whole input at once, are written
// from the text of the RFCs, and share no code with the packages they judge.
// Where an RFC leaves a choice, they follow the doc comments of those packages.
// Of several faults the first in the order of the bytes counts, as a receiver
// that has seen one need not read on.
package malformed

import (
	"fmt"
	"iter"
	"math/rand/v2"
)

// Valid is the kind of inputs with which nothing is wrong.
const Valid = "valid"

// mutant is the kind of valid inputs of which one byte was changed, which may
// still be valid.
const mutant = "mutant"

// source makes random choices.
type source struct{ *rand.Rand }

func newSource(seed uint64) source { return source{rand.New(rand.NewPCG(seed, 0x736f636b657965))} }

// oneIn is true once in n times.
func (s source) oneIn(n int) bool { return s.IntN(n) == 0 }

// upTo gives one of 0 to n.
func (s source) upTo(n int) int { return s.IntN(n + 1) }

func pick[T any](s source, of ...T) T { return of[s.IntN(len(of))] }

// mutate changes one byte of b, adds one or takes one away.
func (s source) mutate(b []byte) []byte {
	at := s.IntN(len(b))
	before, after := b[:at:at], b[at+1:]
	switch s.IntN(4) {
	case 0:
		return append(append(before, b[at]^1<<s.IntN(8)), after...)
	case 1:
		return append(append(before, byte(s.Uint32())), after...)
	case 2:
		return append(append(before, byte(s.Uint32())), b[at:]...)
	}
	return append(before, after...)
}

// distinct gives n inputs that make makes, from one seed after another, none
// twice. ok tells that an input is of use.
func distinct[T any](n int, make func(source) (T, []byte), ok func(T) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		seen := map[string]bool{}
		for seed := uint64(0); len(seen) < n; seed++ {
			if seed > 100*uint64(n) {
				panic(fmt.Sprintf("malformed: only %d of %d inputs are distinct", len(seen), n))
			}
			input, b := make(newSource(seed))
			if seen[string(b)] || !ok(input) {
				continue
			}
			seen[string(b)] = true
			if !yield(input) {
				return
			}
		}
	}
}
