package inflate

// A block with codes of its own begins with their lengths, which are themselves
// coded (RFC 1951 section 3.2.7).

const (
	literalCodes  = 286 // of literals and lengths, beside two that never occur
	distanceCodes = 30  // likewise
	lengthCodes   = 19

	maxLengthCode = 7
)

// lengths is what has been read of a block's code lengths.
type lengths struct {
	literals, distances, lengthCodes int // how many there are

	have   int // how many have been read
	ofCode [literalCodes + distanceCodes]uint8
}

// lengthCodeOrder is the order in which the lengths of the codes for lengths
// come.
var lengthCodeOrder = [lengthCodes]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

func (r *run) readSetSizes() Status {
	if !r.need(14) {
		return More
	}
	l := &r.lengths
	l.literals = int(r.take(5)) + 257
	l.distances = int(r.take(5)) + 1
	l.lengthCodes = int(r.take(4)) + 4
	if l.literals > literalCodes || l.distances > distanceCodes {
		return Corrupt
	}
	l.have, r.step = 0, lengthCodeSizes
	r.lengthCodeBits = [lengthCodes]uint8{}
	return going
}

func (r *run) readLengthCodeSizes() Status {
	l := &r.lengths
	for ; l.have < l.lengthCodes; l.have++ {
		if !r.need(3) {
			return More
		}
		r.lengthCodeBits[lengthCodeOrder[l.have]] = uint8(r.take(3))
	}
	// The distances' table is not in use yet.
	if !build(r.ownDistances[:], maxLengthCode, r.lengthCodeBits[:], lengthEntries[:]) {
		return Corrupt
	}
	l.have, r.step = 0, codeLengths
	clear(l.ofCode[:])
	return going
}

func (r *run) readCodeLengths() Status {
	total := r.lengths.literals + r.lengths.distances
	for r.lengths.have < total {
		r.fill()
		if s := r.readSomeLengths(total); s != going {
			return s
		}
	}
	return r.buildCodes()
}

// readSomeLengths reads what the bits at hand give.
func (r *run) readSomeLengths(total int) (s Status) {
	l, bits, n := &r.lengths, r.bits, r.n
	have := l.have
	for have < total {
		e := r.ownDistances[bits&(1<<maxLengthCode-1)]
		if e.isLiteral() && e.allBits() <= n {
			l.ofCode[have] = e.literal()
			have++
		} else if e.codeBits() > n {
			s = More
			break
		} else if e.isSpecial() || e&repeatsLast != 0 && have == 0 {
			return Corrupt
		} else if e.allBits() > n {
			s = More
			break
		} else {
			count := e.valueAndExtra(bits)
			if count > total-have {
				return Corrupt
			}
			if e&repeatsLast != 0 {
				repeat(l.ofCode[have-1 : have+count])
			}
			have += count
		}
		bits >>= e & 31
		n -= e.allBits()
	}
	if have > l.have {
		s = going
	}
	r.bits, r.n, l.have = bits, n, have
	return s
}

// repeat repeats the first of a few lengths. Lengths are 0 at first.
func repeat(lengths []uint8) {
	for i := range lengths {
		lengths[i] = lengths[0]
	}
}

func (r *run) buildCodes() Status {
	r.Patience -= tablesWork
	l := &r.lengths
	literals, distances := l.ofCode[:l.literals], l.ofCode[l.literals:l.literals+l.distances]
	if !build(r.ownLiterals[:], literalBits, literals, literalEntries[:]) ||
		!build(r.ownDistances[:], distanceBits, distances, distanceEntries[:]) {
		return Corrupt
	}
	r.literals, r.distances, r.step = &r.ownLiterals, &r.ownDistances, symbols
	return going
}
