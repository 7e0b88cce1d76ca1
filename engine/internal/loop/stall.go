package loop

import "time"

// maxLate is by how much a tick may come too late. If it comes later, the
// process was suspended, or starved, or a handler has blocked.
const maxLate = time.Second

// setNow reads the clock. Timers go by ticks, which leave out the time in which
// the loop should have run, but did not: no peer was asked or heard meanwhile.
// As nobody knows since when, that is all since the last tick but a second,
// which counts lest timers stand still in a loop that is late each time.
func (l *Loop) setNow() {
	before := l.now
	l.now = l.sys.Now()
	if l.due >= 0 && l.now-l.due > int64(maxLate) {
		l.lost += uint32((l.now - before - int64(maxLate)) / int64(tickLength))
	}
	l.tick = uint32(l.now/int64(tickLength)) - l.lost
}

// caughtUp tells, after a tick with n events, that all was read from that lay
// in sockets when the time of the timers came: only then they are judged by
// it. While a batch is full there may be more, but not than there are
// connections.
func (l *Loop) caughtUp(n int) bool {
	const full = maxReady - 1 // one may have been for the poller itself
	l.behind += n
	if n >= full && l.behind <= l.Slots()+len(l.listeners) {
		return false
	}
	l.behind = 0
	return true
}
