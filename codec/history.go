package codec

import "github.com/sockeye-ws/sockeye/pool"

// History is what one direction of a connection keeps of its compressed
// messages, so that later ones can refer to it (context takeover, RFC 7692
// section 7.1.1): the last bytes of them, before compression.
//
// It holds memory from the pool, in proportion to what was added. It is for one
// goroutine at a time. A nil *History keeps nothing, and all its methods may be
// called.
type History struct {
	buf  *pool.Buffer
	bits uint8
}

// NewHistory returns a History that keeps the last 2^windowBits bytes.
// windowBits is from 8 to 15.
func NewHistory(windowBits int) *History { return &History{bits: uint8(windowBits)} }

// Add adds a message, or the next piece of one. p is copied.
func (h *History) Add(p []byte) {
	if h == nil || len(p) == 0 {
		return
	}
	window := 1 << h.bits
	if h.buf == nil {
		h.buf = pool.Get(min(len(p), window))
	}
	p = p[max(len(p)-window, 0):]
	if over := len(h.buf.B) + len(p) - window; over > 0 {
		h.buf.B = append(h.buf.B[:0], h.buf.B[over:]...)
	}
	h.buf = pool.Grow(h.buf, len(p))
	h.buf.B = append(h.buf.B, p...)
}

// Bytes gives what h keeps, the latest byte last. It is valid until the next
// call of Add or Release, and must not be written to.
func (h *History) Bytes() []byte {
	if h == nil || h.buf == nil {
		return nil
	}
	return h.buf.B
}

// Held gives the number of bytes of memory that h holds: 2^windowBits at most.
func (h *History) Held() int {
	if h == nil || h.buf == nil {
		return 0
	}
	return cap(h.buf.B)
}

// Release gives the memory back: h is empty then.
func (h *History) Release() {
	if h != nil {
		pool.Put(h.buf)
		h.buf = nil
	}
}
