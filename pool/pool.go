// Package pool lends byte buffers in size classes.
//
// A class holds buffers of one power of two, each class on a pool of
// valyala/bytebufferpool, so that a short message never holds a long
// message's memory and buffers nobody uses go back to the garbage collector.
//
// All functions may be called from any goroutine. A buffer belongs to whoever
// got it until it is put back; after that neither it nor any slice of it may
// be touched. [Debug] makes a program that breaks this rule show it.
package pool

import (
	"math/bits"

	"github.com/valyala/bytebufferpool"
)

// Buffer is a byte buffer on loan: its bytes are in B.
type Buffer = bytebufferpool.ByteBuffer

const (
	minBits = 8  // 256 B: below it, a class would save nothing
	maxBits = 22 // 4 MiB: what is larger is not kept
)

// classes are allocated one by one: on 32-bit systems that is what aligns the
// 64-bit counters in them.
var classes = func() (c [maxBits - minBits + 1]*bytebufferpool.Pool) {
	for k := range c {
		c[k] = new(bytebufferpool.Pool)
	}
	return c
}()

// Get lends a buffer of length 0 and a capacity of at least size bytes. The
// capacity is the next power of two from 256 B to 4 MiB, or, up to 1 MiB, less
// than twice that if somebody has replaced the buffer's B; larger buffers are
// allocated as asked for and not kept.
func Get(size int) *Buffer {
	k := class(size)
	if k == len(classes) {
		return debugGet(&Buffer{B: make([]byte, 0, size)})
	}
	b := classes[k].Get()
	if cap(b.B) < size {
		b.B = make([]byte, 0, 1<<(k+minBits))
	}
	return debugGet(b)
}

// Put takes a buffer back. A nil buffer is allowed. A buffer whose B was
// replaced goes to the largest class that B's capacity fills; beyond 1 MiB it is
// not kept, as whoever got it next would hold up to a megabyte in vain.
func Put(b *Buffer) {
	if b == nil {
		return
	}
	debugPut(b)
	size := cap(b.B)
	k := class(size)
	odd := k < len(classes) && size != 1<<(k+minBits)
	if odd {
		k--
	}
	if k < 0 || k == len(classes) || odd && size > modest {
		return
	}
	// bytebufferpool learns from lengths which capacities are worth keeping.
	b.B = b.B[:size]
	classes[k].Put(b)
}

// modest is the size up to which a buffer that fills little by little grows to
// twice of what it was: beyond, half of a megabyte and more would stand empty,
// so it grows by a sixteenth.
const modest = 1 << 20

// Grow makes room for n more bytes after those in b. It returns b, or a
// larger buffer that holds b's bytes while b has been put back.
func Grow(b *Buffer, n int) *Buffer {
	need := len(b.B) + n
	if need <= cap(b.B) {
		return b
	}
	var larger *Buffer
	if need > modest && need < 2*cap(b.B) {
		larger = debugGet(&Buffer{B: make([]byte, 0, need+need/16)})
	} else {
		larger = Get(max(need, 2*cap(b.B)))
	}
	larger.B = append(larger.B, b.B...)
	Put(b)
	return larger
}

// class gives the class for a buffer of size bytes, len(classes) if none is
// large enough.
func class(size int) int {
	if size <= 1<<minBits {
		return 0
	}
	return min(bits.Len(uint(size-1))-minBits, len(classes))
}
