package loop

import "time"

// turnsTime is how long, about, a tick goes on giving turns: what its events
// need comes first, and waits no longer for those that need more.
const turnsTime = 100 * time.Microsecond

// turnsInRow is how many turns a connection may have before those behind it. If
// each had but one, all of them would be in the middle of their messages, and
// hold what these take, at the same time.
const turnsInRow = 16

// minYield is for how many bytes discarded in one read a connection yields.
const minYield = 16 << 10

// Yield ends the turn of c, which needs more than its share of a tick:
// [Events.Turn] comes when those have had theirs that yielded before, or soon if
// c has had few in a row. Until then nothing is read from c.
func (c *Conn) Yield() {
	if !c.has(yielded | closed) {
		c.word.Or(yielded)
		c.loop.yielding = append(c.loop.yielding, c)
	}
}

// giveTurns gives a turn to one of those that wait for it, and to more as long
// as there is time and none needs another one. However many they are, other
// connections wait for few.
func (l *Loop) giveTurns() {
	waiting, given := len(l.yielding), 0
	for began := l.sys.Now(); given < waiting; {
		c := l.yielding[given]
		c.word.And(^yielded)
		l.giveTurn(c)
		if l.staysFirst(c) {
			break // the next tick is soon
		}
		given++
		l.inRow = 0
		if l.sys.Now()-began >= int64(turnsTime) {
			break
		}
	}
	left := copy(l.yielding, l.yielding[given:])
	clear(l.yielding[left:])
	l.yielding = l.yielding[:left]
}

// staysFirst takes c, which has had a turn, back from the end of the queue if it
// yielded again and may go on.
func (l *Loop) staysFirst(c *Conn) bool {
	last := len(l.yielding) - 1
	if l.inRow++; l.inRow == turnsInRow || !c.has(yielded) || l.yielding[last] != c {
		return false
	}
	l.yielding[last] = nil
	l.yielding = l.yielding[:last]
	return true
}

// Yielded tells that c waits for its turn.
func (c *Conn) Yielded() bool { return c.has(yielded) }

// giveTurn reads from a connection that goes on with nothing else.
func (l *Loop) giveTurn(c *Conn) {
	if c.has(closed) {
		return
	}
	switch went := l.events.Turn(c); {
	case c.has(broken):
		l.failed(c)
	case !went && !c.has(held|paused|ended):
		l.readable(c)
	}
}
