//go:build race

package codec

// The race detector makes sync.Pool forget at random.
const raceEnabled = true
