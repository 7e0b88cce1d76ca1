package load

import (
	"fmt"
	"time"
)

// What a load can be at most. Within these limits no product of theirs
// overflows.
const (
	MaxConns    = 1 << 24
	MaxSize     = 1 << 30 // of a message, in bytes
	MaxDepth    = 1 << 20
	MaxDuration = 30 * 24 * time.Hour

	minRate, maxRate = 1e-6, 1e7
)

// CheckRate fails unless so many in a second can be kept up: messages or
// connections. 0 is allowed, as it stands for no rate.
func CheckRate(rate float64) error {
	if rate == 0 || rate >= minRate && rate <= maxRate { // NaN is neither
		return nil
	}
	return fmt.Errorf("a rate of %v is not possible: it can be %f to %.0f in a second", rate, minRate, maxRate)
}
