//go:build race

package inflate

// raceEnabled tells that the race detector is on, which makes everything ten
// times slower: what takes long has fewer inputs then.
const raceEnabled = true
