// Package sim is an operating system for tests: sockets, pollers and a clock
// that live in memory and do, driven by a seed, everything a real system may
// do: partial reads and writes, calls that would block or are interrupted,
// events late and in any order, descriptors reused at once, and failures.
//
// It is for one goroutine, which ticks the loops itself. The same seed gives
// the same run.
package sim
