package faults

import "time"

// plan is what a client sends.
type plan struct {
	name   string
	sizes  []int           // of its messages, in turn
	window int             // messages that may be on their way
	buffer int             // its receive buffer; 0 leaves the system's
	pace   time.Duration   // between messages that it reads
	begin  <-chan struct{} // it does not read before; nil for at once
	count  uint64          // of messages, after which it closes by itself; 0 for no end
}

var (
	chat  = plan{name: "chat", sizes: []int{16, 125, 126, 1000, 5000}, window: 4}
	large = plan{name: "large", sizes: []int{100_000, 16, 70_000}, window: 6}
	bulk  = plan{name: "bulk", sizes: []int{200_000, 16, 70_000}, window: 80, buffer: 128 << 10, pace: 2 * time.Millisecond} // more than the sockets between hold
)

// briefly is p for who stays for a few messages.
func (p plan) briefly() plan {
	p.count = 3
	return p
}

func (p plan) size(seq uint64) int { return p.sizes[seq%uint64(len(p.sizes))] }
