package engine

import (
	"runtime"
	"sync"
)

// deflaters compress large prepared messages, off the loops of a group: each
// message once, however many loops wait for it. What waits is the first in
// some connection's outbox, so that the queue needs no limit of its own. A
// deflater is a goroutine that exists only while there is work.
type deflaters struct {
	limit int
	start func(work func())

	mu      sync.Mutex
	waiting map[preparing][]*sessions // what is not done yet, and whom to tell
	queue   []preparing               // that of it which none has begun
	running int
}

// newDeflaters makes those for half of the processors: loops find another one.
func newDeflaters() *deflaters {
	return &deflaters{
		limit:   (runtime.GOMAXPROCS(0) + 1) / 2,
		start:   startDeflater,
		waiting: map[preparing][]*sessions{},
	}
}

func startDeflater(work func()) {
	go func() {
		label(roleDeflater)
		work()
	}()
}

// add has p compressed, and s told.
func (d *deflaters) add(p preparing, s *sessions) {
	d.mu.Lock()
	if len(d.waiting[p]) == 0 {
		d.queue = append(d.queue, p)
	}
	d.waiting[p] = append(d.waiting[p], s)
	more := len(d.queue) > 0 && d.running < d.limit
	if more {
		d.running++
	}
	start := d.start
	d.mu.Unlock()
	if more {
		start(d.work)
	}
}

// work is a deflater's life.
func (d *deflaters) work() {
	for p, ok := d.take(); ok; p, ok = d.take() {
		p.message.Deflated(p.level, p.bits)
		for _, s := range d.done(p) {
			s.loop.Post(func() { s.prepared(p) })
		}
		runtime.Gosched() // the loops have waited
	}
}

// take gives what has waited longest. If there is nothing, one deflater less
// is running.
func (d *deflaters) take() (p preparing, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queue) == 0 {
		d.queue = nil
		d.running--
		return preparing{}, false
	}
	p, d.queue[0] = d.queue[0], preparing{}
	d.queue = d.queue[1:]
	return p, true
}

// stop forgets what nobody waits for any more: the loops have ended.
func (d *deflaters) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = nil
	clear(d.waiting)
}

// done gives those who waited for p.
func (d *deflaters) done(p preparing) []*sessions {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.waiting[p]
	delete(d.waiting, p)
	return all
}
