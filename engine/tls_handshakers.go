package engine

import (
	"runtime"
	"sync"
)

// handshakers do the steps of a server's TLS handshakes, off its loops. The
// connections wait in a queue, each in it once at most. A handshaker exists
// only while there is work.
type handshakers struct {
	limit int

	mu          sync.Mutex
	first, last *Conn
	running     int
}

func newHandshakers(limit int) *handshakers {
	return &handshakers{limit: orDefault(limit, runtime.GOMAXPROCS(0))}
}

// add has the next step of c's handshake done.
func (h *handshakers) add(c *Conn) {
	h.mu.Lock()
	if h.last == nil {
		h.first = c
	} else {
		h.last.profile.tls.shake.queued = c
	}
	h.last = c
	more := h.running < h.limit
	if more {
		h.running++
	}
	h.mu.Unlock()
	if more {
		go h.work()
	}
}

// work is a handshaker's life.
func (h *handshakers) work() {
	label(roleHandshaker)
	returned := false
	defer func() {
		if !returned {
			go h.work() // a hook has ended the goroutine: another one goes on
		}
	}()
	for c := h.take(); c != nil; c = h.take() {
		c.step()
		runtime.Gosched() // the loops have waited
	}
	returned = true
}

// take gives the connection that has waited longest. If there is none, one
// handshaker less is running.
func (h *handshakers) take() *Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.first
	if c == nil {
		h.running--
		return nil
	}
	sh := c.profile.tls.shake
	h.first, sh.queued = sh.queued, nil
	if h.first == nil {
		h.last = nil
	}
	return c
}
