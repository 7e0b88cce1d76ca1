package engine

import (
	"time"

	"github.com/panjf2000/ants/v2"
)

// idleWorker is for how long a goroutine without work is kept for the next.
const idleWorker = 10 * time.Second

// goroutines is an executor whose goroutines are used again: their stacks have
// grown to what the handlers need.
type goroutines struct{ pool *ants.Pool }

// newGoroutines makes an executor without a limit of its own. With one it would
// have to block the loop, or refuse, whenever a worker has ended but its
// goroutine is not back yet.
func newGoroutines() (goroutines, error) {
	p, err := ants.NewPool(-1, ants.WithExpiryDuration(idleWorker))
	return goroutines{p}, err
}

func (g goroutines) start(w *workers) {
	if g.pool.Submit(w.work) != nil {
		go w.work() // the pool is closed, which it is only when no worker is left
	}
}
