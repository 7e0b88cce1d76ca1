// Package sim is an operating system for tests: sockets, pollers and a clock
// that live in memory and do, driven by a seed, everything a real system may
// do: partial reads and writes, calls that would block or are interrupted,
// events late, stale, spurious and in any order, descriptors reused at once,
// clock jumps, and each plausible error of each call. It counts these faults,
// knows which connections they may have cost, and notes calls with descriptors
// that are not the caller's.
//
// It is for one goroutine, which ticks the loops itself. The same seed gives
// the same run.
package sim
