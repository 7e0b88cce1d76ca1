package loop

import "time"

var start = time.Now()

// nanotime is the monotonic clock of [OS], in nanoseconds since the start of
// the program.
func nanotime() int64 { return int64(time.Since(start)) }
