//go:build !race

package engine

// RaceEnabled tells that the race detector is on.
const RaceEnabled = false
