// Package attack plays hostile clients: each attack is what one of them does
// to a server, again and again, on many connections at once, and the answers
// that a server may give.
package attack

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Attack is a way to harm a server, and how one that is not harmed answers.
type Attack struct {
	Name  string
	Does  string // in a few words
	Conns int    // how many attack at once

	// Flags are the server's, beside its defaults; Hurry are others instead
	// that make it give up sooner, for a run in a hurry.
	Flags, Hurry []string

	// Answers are those that are right; any other is a failure. So is it if a
	// connection lasts longer than Within, unless that is 0.
	Answers []string
	Within  time.Duration

	Meets    []string // what else may be met
	Once     bool     // each attacker plays once, instead of until the attack is over
	Limited  bool     // it is about a limit that is set by Flags
	Deflates bool     // it is about compressed messages, which Flags are for
	Fanout   bool     // the server sends every message to all, and the neighbours do
	Pins     int64    // the most resident bytes that an attacker may pin; 0: MaxPinned
	Buffered int64    // the most that the server may hold for an attacker by its own count; 0: no matter

	play func(a *attacker) (answer string)
}

// Find gives the attacks of these names, in this order; all for none.
func Find(names []string) (found []*Attack, err error) {
	if len(names) == 0 {
		return All, nil
	}
	for _, name := range names {
		i := slices.IndexFunc(All, func(a *Attack) bool { return a.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no attack is named %q: there are %s", name, strings.Join(Names(), ", "))
		}
		found = append(found, All[i])
	}
	return found, nil
}

// Names gives those of all attacks.
func Names() (names []string) {
	for _, a := range All {
		names = append(names, a.Name)
	}
	return names
}

// Right tells whether a server may answer so.
func (a *Attack) Right(answer string) bool { return slices.Contains(a.Answers, answer) }
