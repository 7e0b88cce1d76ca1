package loop

import "time"

// alarm is something to be done at a time.
type alarm struct {
	at int64
	do func()
}

// After makes f run on the loop's goroutine, from which alone it may be
// called, once d has passed. It is for what concerns the loop as a whole, of
// which there is little: a connection has its own timer.
func (l *Loop) After(d time.Duration, f func()) {
	l.alarms = append(l.alarms, alarm{l.now + int64(d), f})
}

// ringAlarms runs what is due, in the order in which it was set. What is set
// meanwhile waits for the next tick.
func (l *Loop) ringAlarms() {
	waiting := l.alarms
	l.alarms = nil
	for _, a := range waiting {
		if a.at <= l.now {
			a.do()
		} else {
			l.alarms = append(l.alarms, a)
		}
	}
}

// earlierAlarm gives deadline, or the time of an alarm before it; a negative
// deadline is none.
func (l *Loop) earlierAlarm(deadline int64) int64 {
	for _, a := range l.alarms {
		if deadline < 0 || a.at < deadline {
			deadline = a.at
		}
	}
	return deadline
}
