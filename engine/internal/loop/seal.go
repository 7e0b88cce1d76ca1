package loop

import (
	"syscall"

	"github.com/sockeye-ws/sockeye/pool"
)

// Layer is what the bytes of a sealed connection pass through on their way to
// the socket, such as TLS. Its methods are called with the connection's lock
// held, on any goroutine. What is received the loop hands out as it comes.
type Layer interface {
	// Seal appends to dst what is to be sent for plain. If nothing can be
	// sealed any more it is not ok, and what is queued is dropped.
	Seal(dst, plain []byte) (_ []byte, ok bool)

	// SealEnd appends what tells the peer that nothing more comes; only the
	// first time.
	SealEnd(dst []byte) []byte
}

// sealedRecord is how many bytes a layer seals as one at most: what leaves
// together is joined up to so many.
const sealedRecord = 16 << 10

// Seal makes all that is sent on c from now on pass through its
// [Events.Layer]. What is queued is sealed as late as possible: when the socket
// has taken what was sealed before. So small messages still leave together, and
// what may be dropped still can be.
func (c *Conn) Seal() { c.word.Or(sealing) }

// SendSealedLocked sends b as it is, behind what is sealed already. It is for
// what the layer itself has to say; b is not kept.
func (c *Conn) SendSealedLocked(b []byte) {
	if len(b) == 0 || !c.WritableLocked() {
		return
	}
	q := c.queueForSealedLocked()
	q.sealRoom(len(b)).B = append(q.sealed.B, b...)
	if c.has(blocked | corked) {
		c.chargeLocked()
		return
	}
	c.flushOrBlockLocked(nil)
}

func (c *Conn) queueForSealedLocked() *queue {
	if c.out == nil {
		c.out = c.newQueueLocked()
	}
	return c.out
}

// flushSealedLocked is flushLocked for a sealed connection.
func (c *Conn) flushSealedLocked(tail []byte) bool {
	for {
		if c.out == nil || c.out.sealedLeft() == 0 {
			tail = c.sealLocked(tail)
		}
		if c.out == nil || c.out.sealedLeft() == 0 {
			if c.out != nil {
				c.out.rewindSealed()
			}
			c.emptiedLocked()
			return true
		}
		left := c.out.sealedLeft()
		n, e := c.loop.sys.Write(int(c.fd), c.out.sealed.B[c.out.sealedOff:])
		switch {
		case e == syscall.EINTR:
			continue
		case e == syscall.EAGAIN:
			n = 0
		case e != 0:
			c.breakLocked(e)
			return true
		}
		c.loop.Stats.BytesOut.Add(uint64(n))
		c.out.wrote(n)
		if n < left {
			c.queueLocked(tail)
			return false
		}
	}
}

// sealLocked seals the next bytes of what is queued, and of tail behind it, and
// gives what is left of tail. There is nothing to seal if nothing is sealed
// afterwards.
func (c *Conn) sealLocked(tail []byte) []byte {
	plain := c.unsentLocked()
	if len(plain) > 0 && len(tail) > 0 {
		n := min(sealedRecord-len(plain)%sealedRecord, len(tail))
		room := c.out.room(n)
		room.B = append(room.B, tail[:n]...)
		plain, tail = c.out.unsent(), tail[n:]
	}
	if len(plain) > 0 {
		plain = plain[:min(len(plain), flushSize)]
		if !c.sealBytesLocked(plain) {
			c.out.sent(len(c.out.unsent()))
			return nil
		}
		c.out.sent(len(plain))
		return tail
	}
	if len(tail) == 0 {
		return nil
	}
	n := min(len(tail), flushSize)
	if !c.sealBytesLocked(tail[:n]) {
		return nil
	}
	return tail[n:]
}

func (c *Conn) sealBytesLocked(plain []byte) (ok bool) {
	q := c.queueForSealedLocked()
	b := q.sealRoom(len(plain) + len(plain)/16 + 512)
	before := len(b.B)
	b.B, ok = c.loop.events.Layer(c).Seal(b.B, plain)
	q.overhead = max(len(b.B)-before-len(plain), 0)
	return ok
}

// sealEndLocked sends what ends a sealed connection's stream.
func (c *Conn) sealEndLocked() {
	q := c.queueForSealedLocked()
	b := q.sealRoom(64)
	b.B = c.loop.events.Layer(c).SealEnd(b.B)
	c.flushOrBlockLocked(nil)
}

// sealedLeft gives the number of sealed bytes that are not sent.
func (q *queue) sealedLeft() int {
	if q.sealed == nil {
		return 0
	}
	return len(q.sealed.B) - q.sealedOff
}

// sealedSize is sealedLeft without what sealing has added, so that sealing
// does not look like sending more; at least 1 if anything is left.
func (q *queue) sealedSize() int {
	left := q.sealedLeft()
	if left == 0 {
		return 0
	}
	return max(left-q.overhead, 1)
}

// sealRoom makes place for n more sealed bytes.
func (q *queue) sealRoom(n int) *pool.Buffer {
	switch {
	case q.sealed == nil:
		q.sealed = pool.Get(n)
	case len(q.sealed.B)+n > cap(q.sealed.B):
		q.sealed.B = q.sealed.B[:copy(q.sealed.B, q.sealed.B[q.sealedOff:])]
		q.sealedOff = 0
		q.sealed = pool.Grow(q.sealed, n)
	}
	return q.sealed
}

// wrote takes n sealed bytes away.
func (q *queue) wrote(n int) {
	q.sealedOff += n
	q.taken += uint64(n)
	if q.sealedLeft() == 0 {
		q.rewindSealed()
	}
}

// rewindSealed drops what is sealed. A loop's own queue keeps a buffer that has
// not grown.
func (q *queue) rewindSealed() {
	q.sealedOff, q.overhead = 0, 0
	switch {
	case q.sealed == nil:
	case q.scratch && cap(q.sealed.B) <= 2*flushSize:
		q.sealed.B = q.sealed.B[:0]
	default:
		pool.Put(q.sealed)
		q.sealed = nil
	}
}
