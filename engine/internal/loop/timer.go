package loop

import (
	"math/bits"
	"time"
)

// tickLength is the precision of timers.
const tickLength = 10 * time.Millisecond

const (
	levels     = 4
	levelBits  = 6
	levelSlots = 1 << levelBits
	reach      = 1<<(levels*levelBits) - levelSlots // ticks: 46 hours
	none       = -1
)

// wheel is a hierarchical timing wheel of connections: level k has 64 buckets
// of 64^k ticks each, whose connections move down a level when their bucket's
// time comes; what is due beyond its reach is looked at again at the end of
// it. The links lie in the connections, so that a timer costs no memory of its
// own, and setting or stopping one takes constant time.
//
// Ticks are 32 bits wide and wrap after 497 days; only differences count.
type wheel struct {
	conns    *slots
	now      uint32
	buckets  [levels][levelSlots]int32
	occupied [levels]uint64 // a bit for each bucket that is not empty
	armed    int            // timers that are set
}

func (w *wheel) init(conns *slots, now uint32) {
	w.conns, w.now = conns, now
	for i := range w.buckets {
		for j := range w.buckets[i] {
			w.buckets[i][j] = none
		}
	}
}

// set makes c's timer fire at tick due, and at the next tick at the earliest.
func (w *wheel) set(c *Conn, due uint32) {
	w.stop(c)
	if int32(due-w.now) <= 0 {
		due = w.now + 1
	}
	c.due = due
	w.armed++
	w.link(c)
}

func (w *wheel) stop(c *Conn) {
	if c.prev == none {
		return
	}
	w.armed--
	if c.next != none {
		w.conns.at(c.next).prev = c.prev
	}
	if level, i, first := bucketOf(c.prev); first {
		w.setHead(level, i, c.next)
	} else {
		w.conns.at(c.prev).next = c.next
	}
	c.prev, c.next = none, none
}

// link puts c first in the bucket for c.due.
func (w *wheel) link(c *Conn) {
	delay := min(c.due-w.now, reach) // 0 only while cascading
	level := (bits.Len32(delay|1) - 1) / levelBits
	i := int((w.now+delay)>>(level*levelBits)) & (levelSlots - 1)
	c.next = w.buckets[level][i]
	c.prev = firstOf(level, i)
	if c.next != none {
		w.conns.at(c.next).prev = c.slot
	}
	w.setHead(level, i, c.slot)
}

func (w *wheel) setHead(level, i int, slot int32) {
	w.buckets[level][i] = slot
	if slot == none {
		w.occupied[level] &^= 1 << i
	} else {
		w.occupied[level] |= 1 << i
	}
}

// firstOf is what stands as prev in the first connection of a bucket: it has
// no connection before it, and needs its bucket when it is unlinked.
func firstOf(level, i int) int32 { return int32(none - 1 - (level<<levelBits | i)) }

func bucketOf(prev int32) (level, i int, first bool) {
	k := int(none - 1 - prev)
	return k >> levelBits, k & (levelSlots - 1), prev < none
}

// advance moves the time to tick now and calls fire for each connection whose
// timer is due, in order of time; fire may set and stop any timer.
func (w *wheel) advance(now uint32, fire func(*Conn)) {
	for w.skip(now) {
		w.now++
		for level := 1; level < levels && w.now&(1<<(level*levelBits)-1) == 0; level++ {
			w.cascade(level)
		}
		w.expire(fire)
	}
}

// skip moves the time to tick now, or to just before the first tick until then
// that has something to do, and tells whether there is one.
func (w *wheel) skip(now uint32) bool {
	ticks, ok := w.next()
	if !ok || ticks > now-w.now {
		w.now = now
		return false
	}
	w.now += ticks - 1
	return true
}

// cascade spreads a bucket whose time has come over the levels below.
func (w *wheel) cascade(level int) {
	i := int(w.now>>(level*levelBits)) & (levelSlots - 1)
	slot := w.buckets[level][i]
	w.setHead(level, i, none)
	for slot != none {
		c := w.conns.at(slot)
		slot = c.next
		w.link(c)
	}
}

func (w *wheel) expire(fire func(*Conn)) {
	i := int(w.now) & (levelSlots - 1)
	for w.buckets[0][i] != none {
		c := w.conns.at(w.buckets[0][i])
		w.stop(c)
		fire(c)
	}
}

// next gives the ticks until the wheel has something to do.
func (w *wheel) next() (ticks uint32, ok bool) {
	for level := range levels {
		if w.occupied[level] == 0 {
			continue
		}
		base := w.now >> (level * levelBits)
		ahead := bits.TrailingZeros64(bits.RotateLeft64(w.occupied[level], -int(base+1)&(levelSlots-1)))
		at := (base + 1 + uint32(ahead)) << (level * levelBits)
		if !ok || at-w.now < ticks {
			ticks, ok = at-w.now, true
		}
	}
	return ticks, ok
}
