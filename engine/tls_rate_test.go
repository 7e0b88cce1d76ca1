package engine_test

import (
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// What had to wait counts once towards the rate.
func TestTLSRateCountsOnce(t *testing.T) {
	t.Parallel()
	const n = 600
	s := serveTLS(t, echoing, engine.Options{Workers: 1, Mailbox: 1, MaxMessageRate: n * 5 / 3})
	p, a := alter(t, s, clientTLS(), nil)
	go together(p, a, func() {
		for i := range n {
			p.write(text(string(numberOf(0, i*7+1))))
		}
	})
	for i := range n {
		p.expect(codec.Text, string(numberOf(0, i*7+1)))
	}
}
