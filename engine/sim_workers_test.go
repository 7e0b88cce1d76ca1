package engine

import (
	"math/rand/v2"

	"github.com/sockeye-ws/sockeye/handshake"
)

// simWorkers is an executor whose workers are called by the world, when it
// likes: between any two calls of handlers the loops may have ticked.
type simWorkers struct {
	*workers
	random *rand.Rand
	active int
}

// hireWorkers makes a server's handlers run on simulated workers.
func hireWorkers(r *rand.Rand, o *Options) *simWorkers {
	o.Workers, o.Mailbox = 1+r.IntN(4), 1+r.IntN(8)
	if r.IntN(2) == 0 {
		o.Upgrade = func(*handshake.Request) (Accept, error) { return Accept{}, nil }
	}
	s := &simWorkers{random: r}
	s.workers = newWorkers(o.Workers, s)
	s.letters = 1 + r.IntN(2)
	return s
}

func (s *simWorkers) start(*workers) { s.active++ }

// step lets some workers have a turn, which may be their last.
func (s *simWorkers) step() {
	if s == nil {
		return
	}
	for range s.active {
		if s.random.IntN(3) > 0 && !s.turn() {
			s.active--
		}
	}
}

func (s *simWorkers) busy() bool { return s != nil && s.active > 0 }
