package loop

import (
	"math"
	"time"
)

// TCP are settings of a listening socket that its connections inherit. The
// zero value leaves the system's; what is more than the system takes counts as
// the most. They mean nothing to a Unix socket.
type TCP struct {
	UserTimeout time.Duration // for what is not acknowledged; Linux only
	KeepAlive   time.Duration // idle time before the first probe
}

// probes is how many probes go unanswered before a connection is given up.
const probes = 9

// maxIdle is the most that Linux takes, in seconds.
const maxIdle = 32767

// unacknowledged gives UserTimeout in milliseconds, at least one.
func (t TCP) unacknowledged() int {
	return int(min(max(t.UserTimeout.Milliseconds(), 1), math.MaxInt32))
}

// interval gives the time between probes, in seconds.
func (t TCP) interval() int { return max(t.idle()/10, 1) }

// idle gives KeepAlive in seconds, at least one.
func (t TCP) idle() int { return int(min(max(t.KeepAlive/time.Second, 1), maxIdle)) }
