//go:build unix

package loop

import (
	"fmt"
	"testing"
)

// BenchmarkSend sends at once, as other goroutines than the loop's do.
func BenchmarkSend(b *testing.B) {
	_, conns := newEffortless(b, new(script), nil, 1)
	for _, size := range []int{125, 16 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			message := make([]byte, size)
			b.ReportAllocs()
			for b.Loop() {
				conns[0].send(message)
			}
		})
	}
}

// BenchmarkSendCoalesced sends 16 messages from a handler: they leave together.
func BenchmarkSendCoalesced(b *testing.B) {
	const burst = 16
	_, conns := newEffortless(b, new(script), nil, 1)
	message := make([]byte, 125)
	b.ReportAllocs()
	for b.Loop() {
		conns[0].cork()
		for range burst {
			conns[0].send(message)
		}
		conns[0].uncork()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/burst, "ns/message")
}

// BenchmarkSendInPlace appends a header to the queue, and sends a large payload
// behind it without copying it.
func BenchmarkSendInPlace(b *testing.B) {
	_, conns := newEffortless(b, new(script), nil, 1)
	c, payload := conns[0], make([]byte, 64<<10)
	b.ReportAllocs()
	for b.Loop() {
		c.Lock()
		c.CommitLocked(append(c.RoomLocked(4), "head"...), payload)
		c.Unlock()
	}
}
