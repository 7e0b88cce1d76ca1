package inflate

import "encoding/binary"

// enough is how many bits fill tries to have: more than any symbol with its
// distance takes, which is 48.
const enough = 56

// fill takes whole bytes of input until there are enough bits, or no bytes.
func (r *run) fill() {
	if r.i+8 <= len(r.src) {
		r.bits |= binary.LittleEndian.Uint64(r.src[r.i:]) << (r.n & 63)
		r.i += int((63 - r.n) >> 3)
		r.n |= enough
		r.bits &= 1<<r.n - 1
		return
	}
	for r.n < enough && r.i < len(r.src) {
		r.bits |= uint64(r.src[r.i]) << (r.n & 63)
		r.i++
		r.n += 8
	}
}

// need reports whether there are k bits, at most enough.
func (r *run) need(k uint) bool {
	if r.n < k {
		r.fill()
	}
	return r.n >= k
}

// take removes the next k bits, which must be there.
func (r *run) take(k uint) uint64 {
	v := r.bits & (1<<(k&63) - 1)
	r.bits >>= k & 63
	r.n -= k
	return v
}

// align drops what is left of a byte.
func (r *run) align() { r.take(r.n % 8) }
