package deflate

import (
	"encoding/binary"
	"slices"
)

// bitWriter appends bits to b, the lowest first: RFC 1951 section 3.1.1.
type bitWriter struct {
	b       []byte
	pending uint64
	n       uint32 // of the bits pending: below 8 between calls
}

// reserve makes room for so many bits.
func (w *bitWriter) reserve(bits int) { w.b = slices.Grow(w.b, bits/8+2*8) }

// write appends the lowest n bits of v, the others of which are 0, and n at
// most 48. There must be room for them, and 8 bytes more.
func (w *bitWriter) write(v uint64, n uint32) {
	w.pending |= v << w.n
	w.n += n
	at := len(w.b)
	binary.LittleEndian.PutUint64(w.b[at:at+8], w.pending)
	w.b = w.b[:at+int(w.n/8)]
	w.pending >>= w.n &^ 7
	w.n &= 7
}

// align fills the byte up with 0.
func (w *bitWriter) align() {
	if w.n > 0 {
		w.b = append(w.b, byte(w.pending))
		w.pending, w.n = 0, 0
	}
}

// Kinds of blocks, RFC 1951 section 3.2.3, behind a 0: more are to come.
const (
	storedBlock  = 0 << 1
	fixedBlock   = 1 << 1
	dynamicBlock = 2 << 1
	headSize     = 3
)

// storedHead appends the head of a stored block, up to its length.
func (w *bitWriter) storedHead() {
	w.reserve(headSize)
	w.write(storedBlock, headSize)
	w.align()
}

const maxStored = 1<<16 - 1

// stored appends p as it is, section 3.2.4.
func (w *bitWriter) stored(p []byte) {
	for len(p) > 0 {
		n := min(len(p), maxStored)
		w.storedHead()
		w.b = binary.LittleEndian.AppendUint16(w.b, uint16(n))
		w.b = binary.LittleEndian.AppendUint16(w.b, ^uint16(n))
		w.b = append(w.b, p[:n]...)
		p = p[n:]
	}
}

// storedSize gives the bits that n bytes take as they are, at most.
func storedSize(n int) int {
	return 8 * (n + 5*((n+maxStored-1)/maxStored))
}
