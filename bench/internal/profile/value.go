package profile

import pprof "github.com/google/pprof/profile"

// Grown gives what has come to the heap between two profiles of a program.
// Neither of them is changed.
func Grown(before, after *pprof.Profile) (*pprof.Profile, error) {
	gone := before.Copy()
	gone.Scale(-1)
	return pprof.Merge([]*pprof.Profile{after, gone})
}

// Total gives the sum of what counts in [Attribute].
func Total(p *pprof.Profile) (sum int64) {
	for _, s := range p.Sample {
		sum += value(s)
	}
	return sum
}

// value is what counts of a sample: its last one, which in Go's profiles is
// the processor time in nanoseconds, or the bytes in use.
func value(s *pprof.Sample) int64 { return s.Value[len(s.Value)-1] }
