//go:build race

package engine

// RaceEnabled tells that the race detector is on: it makes sync.Pool forget at
// random, and everything slow.
const RaceEnabled = true
