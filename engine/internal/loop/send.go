package loop

import (
	"syscall"

	"github.com/sockeye-ws/sockeye/pool"
)

// flushSize is how much a corked connection gathers before it sends.
const flushSize = 64 << 10

// Buffered gives the number of bytes that are not handed to the system yet.
func (c *Conn) Buffered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.BufferedLocked()
}

// BufferedLocked is Buffered.
func (c *Conn) BufferedLocked() int {
	if c.out == nil {
		return 0
	}
	return len(c.out.unsent()) + int(c.out.latestLen) + c.out.sealedSize()
}

// Blocked tells that the socket was full when it was last written to. It may
// be called from any goroutine.
func (c *Conn) Blocked() bool { return c.has(blocked) }

// CorkedLocked tells that sends wait for the end of Data or Filled.
func (c *Conn) CorkedLocked() bool { return c.has(corked) }

// SendableLocked tells that c is in the user's state and that what is sent may
// still reach the peer.
func (c *Conn) SendableLocked(state uint8) bool {
	word := c.word.Load()
	return uint8(word>>stateShift) == state && word&(closed|broken|finishing) == 0
}

// WritableLocked tells that what is sent may still reach the peer. If it may
// not, sending does nothing.
func (c *Conn) WritableLocked() bool { return !c.has(closed | broken | finishing) }

// RoomLocked gives the write queue to append up to n bytes to, in place. The
// result goes to [Conn.CommitLocked] before the lock is released.
func (c *Conn) RoomLocked(n int) []byte {
	if c.out == nil {
		c.out = c.newQueueLocked()
	}
	return c.out.room(n).B
}

// ReplyRoomLocked gives what c has gathered while it is corked, to append up to
// n bytes to; [Conn.ReplyLocked] takes them. It is the way of most replies: nil
// if there is anything to be seen to that RoomLocked and CommitLocked see to, or
// if c is not in the user's state.
func (c *Conn) ReplyRoomLocked(state uint8, n int) []byte {
	const rare = blocked | finishing | broken | sealing | closed
	word, q := c.word.Load(), c.loop.scratch
	switch {
	case word&(corked|rare) != corked || uint8(word>>stateShift) != state:
		return nil
	case len(q.buf.B)+n >= min(flushSize, cap(q.buf.B)):
		return nil
	case c.out == nil:
		c.out = q
	case c.out != q:
		return nil
	}
	return q.buf.B
}

// ReplyLocked takes back what ReplyRoomLocked gave, longer by what is to be
// sent.
func (c *Conn) ReplyLocked(b []byte) { c.out.buf.B = b }

// newQueueLocked gives a corked connection the loop's own queue: only one
// connection is corked at a time, and most are uncorked with nothing left.
func (c *Conn) newQueueLocked() *queue {
	if c.has(corked) {
		return c.loop.scratch
	}
	return newQueue()
}

// CommitLocked takes back what RoomLocked gave, longer by what is to be sent,
// and sends it at once unless c is corked or its socket is full. tail, if not
// empty, is sent behind it without being copied as far as the socket takes
// it; it is not kept.
func (c *Conn) CommitLocked(b, tail []byte) {
	switch {
	case c.WritableLocked():
		c.out.buf.B = b
		c.sendLocked(tail)
	case c.has(closed | broken):
		c.dropLocked()
	}
}

// SendLocked sends b, which is not kept.
func (c *Conn) SendLocked(b []byte) {
	if c.WritableLocked() {
		c.sendLocked(b)
	}
}

func (c *Conn) sendLocked(tail []byte) {
	size := c.BufferedLocked() + len(tail)
	switch {
	case c.has(blocked) || c.has(corked) && size < flushSize:
		c.queueLocked(tail)
		return
	case c.has(gathering) && size < flushSize:
		c.gatherLocked(tail)
		return
	}
	c.flushOrBlockLocked(tail)
}

// takenLocked gives a number that changes when the socket takes some of what is
// queued.
func (c *Conn) takenLocked() uint64 {
	switch q := c.out; {
	case q == nil:
		return 0
	case c.has(sealing):
		return q.taken
	default:
		return q.gone
	}
}

// FlushLocked sends what is queued, as far as the socket takes it.
func (c *Conn) FlushLocked() {
	if c.out != nil && !c.has(blocked|broken|closed) {
		c.flushOrBlockLocked(nil)
	}
}

func (c *Conn) flushOrBlockLocked(tail []byte) {
	if !c.flushLocked(tail) {
		c.setLocked(blocked)
		c.registerLocked()
		c.AttendLocked() // for the loop to look at the time
	}
}

func (c *Conn) queueLocked(b []byte) {
	if len(b) > 0 {
		room := c.RoomLocked(len(b))
		c.out.buf.B = append(room, b...)
	}
	c.chargeLocked()
}

// queueCost is what a queue takes besides its bytes.
const queueCost = 256

// chargeLocked counts what the queue holds in Stats.Unsent. While the socket is
// full the loop may sleep, so it is woken when that grows, which is rare.
func (c *Conn) chargeLocked() {
	q := c.out
	if q == nil || q.scratch {
		return
	}
	held := queueCost + pieceCost*cap(q.pieces)
	if q.buf != nil {
		held += cap(q.buf.B)
	}
	if q.sealed != nil {
		held += cap(q.sealed.B)
	}
	grown := held - q.charged
	if grown != 0 {
		c.loop.Stats.Unsent.Add(int64(grown))
		q.charged = held
	}
	if grown > 0 && c.has(blocked) {
		c.loop.Stir()
	}
}

// freeLocked lets go of the queue, which is not the loop's.
func (c *Conn) freeLocked() {
	c.loop.Stats.Unsent.Add(-int64(c.out.charged))
	c.out.free()
	c.out = nil
}

// UnsentLocked gives the memory that unsent bytes hold, in bytes.
func (c *Conn) UnsentLocked() int {
	if c.out == nil {
		return 0
	}
	return c.out.charged
}

// SetLatestLocked sends b once the socket takes bytes again and everything
// queued is gone; until then a newer b replaces it. It is for what is
// worthless when it is late, of at most 131 bytes.
func (c *Conn) SetLatestLocked(b []byte) {
	if !c.WritableLocked() {
		return
	}
	if c.out == nil {
		c.out = c.newQueueLocked()
	}
	c.out.latestLen = uint8(copy(c.out.latest[:], b))
}

// DropLatestLocked takes back what SetLatestLocked has not sent yet.
func (c *Conn) DropLatestLocked() {
	if c.out != nil {
		c.out.latestLen = 0
	}
}

// flushLocked sends the queue and then tail, and tells whether all is gone.
// What is not is queued, but dropped if the connection broke.
func (c *Conn) flushLocked(tail []byte) bool {
	if c.has(sealing) {
		return c.flushSealedLocked(tail)
	}
	for {
		head := c.unsentLocked()
		if len(head)+len(tail) == 0 {
			c.emptiedLocked()
			return true
		}
		n, e := c.write(head, tail)
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
		full := n < len(head)+len(tail)
		if len(head) > 0 {
			c.out.sent(min(n, len(head)))
		}
		tail = tail[max(n-len(head), 0):]
		if full {
			c.queueLocked(tail)
			return false
		}
	}
}

// unsentLocked gives the queued bytes, the latest ones last.
func (c *Conn) unsentLocked() []byte {
	q := c.out
	if q == nil {
		return nil
	}
	if b := q.unsent(); len(b) > 0 || q.latestLen == 0 {
		return b
	}
	b := q.room(int(q.latestLen))
	b.B = append(b.B, q.latest[:q.latestLen]...)
	q.latestLen = 0
	return q.unsent()
}

func (c *Conn) write(head, tail []byte) (int, Errno) {
	sys, fd := c.loop.sys, int(c.fd)
	switch {
	case len(tail) == 0:
		return sys.Write(fd, head)
	case len(head) == 0:
		return sys.Write(fd, tail)
	}
	return sys.Writev(fd, head, tail)
}

// emptiedLocked lets an empty queue go.
func (c *Conn) emptiedLocked() {
	switch {
	case c.out == nil || c.out.scratch:
	case c.has(finishing):
		c.chargeLocked() // what is discarded is counted in it
	default:
		c.freeLocked()
	}
}

// dropLocked throws away what is queued.
func (c *Conn) dropLocked() {
	switch c.out {
	case nil:
		return
	case c.loop.scratch:
		c.out.reset()
		c.out = nil
	default:
		c.freeLocked()
	}
}

// breakLocked notes that writing is over. The connection is closed only after
// what the peer sent before has been read.
func (c *Conn) breakLocked(e Errno) {
	if c.has(broken | closed) {
		return
	}
	c.dropLocked()
	c.setLocked(broken | uint32(e)&errnoMask<<errnoShift)
	c.AttendLocked()
}

// failure is the error that broke c, or 0.
func (c *Conn) failure() Errno { return Errno(c.word.Load() >> errnoShift & errnoMask) }

// cork makes sends wait for uncork. It needs no lock: a send under way on
// another goroutine takes notice or does not.
func (c *Conn) cork() { c.word.Or(corked) }

// uncork sends what was gathered, and moves what the socket did not take from
// the loop's queue to one of c's own.
func (c *Conn) uncork() {
	c.mu.Lock()
	flags := c.word.And(^corked)
	switch scratch := c.loop.scratch; {
	case flags&(closed|broken) != 0:
		c.dropLocked()
	case c.out == scratch && flags&(blocked|sealing) == 0 && c.sendScratchLocked():
	case c.out == scratch:
		c.FlushLocked()
		c.out = scratch.moveRest()
		c.chargeLocked()
	default:
		c.FlushLocked()
	}
	if flags&finishing != 0 {
		c.finishLocked()
	}
	c.mu.Unlock()
}

// sendScratchLocked is what becomes of nearly all replies: they are sent in
// one call. It tells whether that settled it; [Conn.FlushLocked] does the rest.
func (c *Conn) sendScratchLocked() bool {
	l, q := c.loop, c.loop.scratch
	b := q.unsent()
	if len(b) == 0 || q.latestLen > 0 {
		return false
	}
	n, e := l.sys.Write(int(c.fd), b)
	switch {
	case e != 0 && wouldBlock(e):
		return false
	case e != 0:
		c.breakLocked(e) // another try would tell less
		return true
	}
	l.bytesOut += uint64(n)
	q.sent(n)
	if n < len(b) {
		return false
	}
	c.out = nil
	return true
}

// newScratch makes a loop's own queue, which keeps its buffer.
func newScratch() *queue {
	return &queue{buf: pool.Get(flushSize), scratch: true}
}
