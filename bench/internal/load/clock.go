package load

import (
	"time"

	"golang.org/x/sys/unix"
)

// Go's own monotonic clock begins with the process; this is where.
var (
	epoch     = time.Now()
	epochMono = monotonic()
)

// clock gives the time of CLOCK_MONOTONIC, which all processes of a machine
// share. It is read in Go's way, without a system call.
func clock() time.Duration { return epochMono + time.Since(epoch) }

func monotonic() time.Duration {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // cannot fail
	return time.Duration(t.Nano())
}

// seconds gives the time that n events take at a rate of so many in a second;
// more than a century is as good as never, and can still be added to a time.
func seconds(n, rate float64) time.Duration {
	const never = 1 << 62
	return time.Duration(min(n/rate*float64(time.Second), never))
}
