package loop

import "time"

// TCP are settings of a listening socket that its connections inherit. The
// zero value leaves the system's. They mean nothing to a Unix socket.
type TCP struct {
	UserTimeout time.Duration // for what is not acknowledged; Linux only
	KeepAlive   time.Duration // idle time before the first probe
}

// probes is how many probes go unanswered before a connection is given up.
const probes = 9

// interval gives the time between probes, in seconds.
func (t TCP) interval() int { return max(t.idle()/10, 1) }

// idle gives KeepAlive in seconds, at least one.
func (t TCP) idle() int { return max(int(t.KeepAlive/time.Second), 1) }
