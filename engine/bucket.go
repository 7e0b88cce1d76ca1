package engine

import "time"

// bucket is the right to do something so many times a second, on average: up
// to a second's worth is kept for later.
type bucket struct {
	tokens float64 // as of the time at; negative: used in advance
	at     time.Duration
}

func fullBucket(rate float64, now time.Duration) bucket { return bucket{rate, now} }

// refill adds what has come in since.
func (b *bucket) refill(rate float64, now time.Duration) {
	passed := max(now-b.at, 0) // two loops' times differ a little
	b.tokens = min(b.tokens+passed.Seconds()*rate, rate)
	b.at += passed
}

// debt gives the time until nothing is used in advance any more; 0 if there is
// no rate.
func (b *bucket) debt(rate float64) time.Duration {
	if rate == 0 || b.tokens >= 0 {
		return 0
	}
	return time.Duration(-b.tokens / rate * float64(time.Second))
}
