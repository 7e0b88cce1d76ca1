package engine

import (
	"sync"
	"sync/atomic"
)

// outboxes are those of a loop's connections.
type outboxes struct {
	held  atomic.Int64 // bytes of memory in them
	count atomic.Int32 // of them: usually there is none

	mu  sync.Mutex
	all map[*Conn]*outbox
}

// of gives c's outbox, nil if it has none. Like all other methods it needs c's
// lock.
func (o *outboxes) of(c *Conn) *outbox {
	if o.count.Load() == 0 {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all[c]
}

func (o *outboxes) add(c *Conn) *outbox {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		o.all = map[*Conn]*outbox{}
	}
	b := &outbox{held: &o.held}
	o.all[c] = b
	o.count.Add(1)
	return b
}

func (o *outboxes) remove(c *Conn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.all, c)
	o.count.Add(-1)
}

// outboxLocked gives c's outbox, nil if it has none.
func (c *Conn) outboxLocked() *outbox {
	if c.profile.deflation == nil {
		return nil
	}
	return c.sessions().outboxes.of(c)
}
