// Package profile takes profiles of a running server, says which part of the
// program they belong to, and draws them as flame graphs.
//
// The rule of attribution is leaf first: a sample belongs to the first
// function on its stack, from the one that ran outwards to main, that is
// known to be of some part. What helps many, as memmove or a mutex does,
// is of no part and counts for its caller. So each sample counts once, and
// the parts add up to the whole.
package profile

import (
	"cmp"
	"slices"

	pprof "github.com/google/pprof/profile"
)

// Part is what a part of the program has of a profile.
type Part struct {
	Name  string
	Value int64   // in the unit of the profile: nanoseconds or bytes
	Share float64 // of the whole, in percent
}

// other is the part of stacks without a known function.
const other = "other"

// Attribute sums up a profile by part, the largest first. partOf gives the
// part of a stack, whose first function is the leaf. In what a heap has grown
// by, a part that has become smaller has a negative share.
func Attribute(p *pprof.Profile, partOf func(stack []string) string) (parts []Part) {
	byName := map[string]int64{}
	for _, s := range p.Sample {
		byName[partOf(stackOf(s))] += value(s)
	}
	total := Total(p)
	for name, v := range byName {
		if v != 0 {
			parts = append(parts, Part{name, v, 100 * float64(v) / float64(cmp.Or(total, 1))})
		}
	}
	slices.SortFunc(parts, func(a, b Part) int {
		return cmp.Or(cmp.Compare(b.Value, a.Value), cmp.Compare(a.Name, b.Name))
	})
	return parts
}

// stackOf gives the functions on a sample's stack, inlined ones too.
func stackOf(s *pprof.Sample) (stack []string) {
	for _, location := range s.Location {
		for _, line := range location.Line {
			if line.Function != nil {
				stack = append(stack, line.Function.Name)
			}
		}
	}
	return stack
}
