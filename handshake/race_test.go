//go:build race

package handshake

// The race detector makes some tests many times slower.
const raceEnabled = true
