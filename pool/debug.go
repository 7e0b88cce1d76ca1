package pool

import "sync/atomic"

var (
	debugging atomic.Bool
	lent      atomic.Int64
)

// Poison is the byte that fills a returned buffer while [Debug] is on.
const Poison = 0xDB

// Debug switches the checks of a test on or off: returned buffers are filled
// with [Poison], so that whoever still reads them sees garbage, and [Lent]
// counts. It is off by default, and made to be set once, before any buffer is
// lent: in TestMain.
func Debug(on bool) { debugging.Store(on) }

// Debugging reports whether [Debug] is on.
func Debugging() bool { return debugging.Load() }

// Lent gives the number of buffers that are out, counted while [Debug] is on.
func Lent() int { return int(lent.Load()) }

// Scribble fills b with [Poison] if [Debug] is on: for memory that is lent
// for the length of a call without coming from this package.
func Scribble(b []byte) {
	if debugging.Load() {
		fill(b)
	}
}

func debugGet(b *Buffer) *Buffer {
	if debugging.Load() {
		lent.Add(1)
	}
	b.B = b.B[:0]
	return b
}

func debugPut(b *Buffer) {
	if debugging.Load() {
		lent.Add(-1)
		fill(b.B[:cap(b.B)])
	}
}

// fill copies ever longer parts: the race detector looks at each of them once.
func fill(b []byte) {
	if len(b) == 0 {
		return
	}
	b[0] = Poison
	for n := 1; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}
