package engine

import "math/rand/v2"

// simWorkers is an executor whose workers are called by the world, when it
// likes: between any two calls of handlers the loops may have ticked.
type simWorkers struct {
	*workers
	random *rand.Rand
	active int
}

// hireWorkers makes so many simulated workers.
func hireWorkers(r *rand.Rand, n int) *simWorkers {
	s := &simWorkers{random: r}
	s.workers = newWorkers(n, s)
	s.letters = 1 + r.IntN(2)
	return s
}

func (s *simWorkers) start(*workers) { s.active++ }

// step lets some workers have a turn, which may be their last, and tells
// whether any did something. If it is calm all have one.
func (s *simWorkers) step(calm bool) (worked bool) {
	if s == nil {
		return false
	}
	for range s.active {
		if !calm && s.random.IntN(3) == 0 {
			continue
		}
		worked = true
		if !s.turn() {
			s.active--
		}
	}
	return worked
}

func (s *simWorkers) busy() bool { return s != nil && s.active > 0 }
