package loop

import (
	"sync"

	"github.com/sockeye-ws/sockeye/pool"
)

// maxLatest is the limit of [Conn.SetLatest]: a control frame, masked.
const maxLatest = 131

// queue holds what a connection has not sent yet. A connection has one only
// while there is something in it.
type queue struct {
	buf       *pool.Buffer
	off       int // bytes of buf that are sent
	latest    [maxLatest]byte
	latestLen uint8
	discarded int    // bytes read and thrown away while lingering
	until     uint32 // tick at which a Talking peer's time is over
	moved     uint32 // tick at which the peer took bytes last, or the first ones were left
	scratch   bool   // a loop's own queue, which keeps its buffer
	charged   int    // bytes counted in Stats.Unsent
	gone      uint64 // bytes that were ever sent
	pieces    []piece
	sealed    *pool.Buffer // bytes that a layer has sealed; sealedOff of them are sent
	sealedOff int
	overhead  int    // what sealing added to them
	taken     uint64 // sealed bytes that were ever sent
}

var queues = sync.Pool{New: func() any { return new(queue) }}

func newQueue() *queue { return queues.Get().(*queue) }

func (q *queue) unsent() []byte {
	if q.buf == nil {
		return nil
	}
	return q.buf.B[q.off:]
}

// room makes place for n more bytes and gives the buffer to append them to.
func (q *queue) room(n int) *pool.Buffer {
	switch {
	case q.buf == nil:
		q.buf = pool.Get(n)
	case len(q.buf.B)+n > cap(q.buf.B):
		q.compact()
		q.buf = pool.Grow(q.buf, n)
	}
	return q.buf
}

// compact moves the unsent bytes to the front.
func (q *queue) compact() {
	q.buf.B = q.buf.B[:copy(q.buf.B, q.unsent())]
	q.off = 0
}

// sent takes n bytes away, and lets the buffer go when it is empty, or when
// it holds far more memory than is still needed.
func (q *queue) sent(n int) {
	q.off += n
	q.gone += uint64(n)
	left := len(q.buf.B) - q.off
	if left == 0 {
		q.pieces = nil
	}
	switch {
	case left == 0 && q.scratch:
		q.rewind()
	case left == 0:
		q.drop()
	case q.scratch:
	case cap(q.buf.B) > 4*left && cap(q.buf.B) > 4096:
		smaller := pool.Get(left)
		smaller.B = append(smaller.B, q.unsent()...)
		q.drop()
		q.buf = smaller
	}
}

func (q *queue) drop() {
	pool.Put(q.buf)
	q.buf, q.off = nil, 0
}

// reset empties a loop's own queue.
func (q *queue) reset() {
	q.latestLen = 0
	q.pieces = nil
	q.rewindSealed()
	q.rewind()
}

// rewind empties the buffer of a loop's own queue, and exchanges one that has
// grown.
func (q *queue) rewind() {
	if cap(q.buf.B) > 2*flushSize {
		pool.Put(q.buf)
		q.buf = pool.Get(flushSize)
	}
	pool.Scribble(q.buf.B)
	q.buf.B, q.off = q.buf.B[:0], 0
}

// moveRest empties a loop's own queue into a new one; nil if it is empty.
func (q *queue) moveRest() *queue {
	left := q.unsent()
	if len(left) == 0 && q.latestLen == 0 && q.sealedLeft() == 0 {
		return nil
	}
	own := newQueue()
	own.latest, own.latestLen = q.latest, q.latestLen
	own.gone, own.pieces = q.gone, q.pieces
	if q.sealedLeft() > 0 {
		own.sealed, own.sealedOff, own.overhead, own.taken = q.sealed, q.sealedOff, q.overhead, q.taken
		q.sealed = nil
	}
	if len(left) > 0 {
		own.buf = pool.Get(len(left))
		own.buf.B = append(own.buf.B, left...)
	}
	q.reset()
	return own
}

func (q *queue) free() {
	q.drop()
	pool.Put(q.sealed)
	*q = queue{}
	queues.Put(q)
}
