package engine

import (
	"container/list"
	"runtime"
	"sync"
)

// handshakers do the steps of a server's TLS handshakes, off its loops. The
// connections wait in a queue, each in it once at most and no longer than its
// peer is there. A handshaker exists only while there is work.
type handshakers struct {
	limit int
	start func(work func()) // does work elsewhere

	mu      sync.Mutex
	waiting list.List // of *Conn
	running int
}

func newHandshakers(limit int) *handshakers {
	return &handshakers{limit: orDefault(limit, runtime.GOMAXPROCS(0)), start: onHandshaker}
}

func onHandshaker(work func()) {
	go func() {
		label(roleHandshaker)
		work()
	}()
}

// add has the next step of c's handshake done.
func (h *handshakers) add(c *Conn) {
	h.mu.Lock()
	c.profile.tls.shake.place = h.waiting.PushBack(c)
	more := h.running < h.limit
	if more {
		h.running++
	}
	h.mu.Unlock()
	if more {
		h.start(h.work)
	}
}

// drop takes a handshake out of the queue; it is not ok if a handshaker has it
// already.
func (h *handshakers) drop(sh *tlsShake) (ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if sh.place == nil {
		return false
	}
	h.waiting.Remove(sh.place)
	sh.place = nil
	return true
}

// work is a handshaker's life.
func (h *handshakers) work() {
	returned := false
	defer func() {
		if !returned {
			h.start(h.work) // a hook has ended the goroutine: another one goes on
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
	first := h.waiting.Front()
	if first == nil {
		h.running--
		return nil
	}
	c := h.waiting.Remove(first).(*Conn)
	c.profile.tls.shake.place = nil
	return c
}
