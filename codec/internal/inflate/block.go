package inflate

// readBlockHeader reads BFINAL and BTYPE (RFC 1951 section 3.2.3).
func (r *run) readBlockHeader() Status {
	if r.Patience <= 0 && r.i < len(r.src) {
		return Tired
	}
	if r.final {
		r.align()
		r.final = false
	}
	if !r.need(3) {
		return More
	}
	r.Patience -= blockWork
	r.final = r.take(1) == 1
	switch r.take(2) {
	case 0:
		r.align()
		r.step = storedLength
	case 1:
		r.literals, r.distances = &fixedLiterals, &fixedDistances
		r.step = symbols
	case 2:
		r.step = setSizes
	default:
		return Corrupt
	}
	return going
}

func (r *run) readStoredLength() Status {
	if !r.need(32) {
		return More
	}
	size, inverse := uint16(r.take(16)), uint16(r.take(16))
	if size != ^inverse {
		return Corrupt
	}
	r.left, r.step = int(size), storedBytes
	return going
}

// copyStored copies a stored block's bytes, of which the first may be in bits.
func (r *run) copyStored() Status {
	for r.left > 0 && r.n > 0 {
		if r.o == len(r.out) {
			return Full
		}
		r.out[r.o] = byte(r.take(8))
		r.o++
		r.left--
	}
	k := copy(r.out[r.o:], r.src[r.i:min(len(r.src), r.i+r.left)])
	r.i += k
	r.o += k
	r.left -= k
	switch {
	case r.left == 0:
		r.step = blockHeader
		return going
	case r.i == len(r.src):
		return More
	}
	return Full
}

// copyMatch copies what is left of a match, as far as there is room. It may
// overlap with itself.
func (r *run) copyMatch() Status {
	if back := r.distance - r.o; back > 0 {
		k := copy(r.out[r.o:], r.history[len(r.history)-back:][:min(back, r.left)])
		r.o += k
		r.left -= k
	}
	for from := r.o - r.distance; r.left > 0 && r.o < len(r.out); {
		k := copy(r.out[r.o:], r.out[from:min(r.o, from+r.left)])
		r.o += k
		r.left -= k
	}
	if r.left > 0 {
		return Full
	}
	r.step = symbols
	return going
}
