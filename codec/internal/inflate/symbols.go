package inflate

// readSymbols decodes literals and matches to the end of the block.
func (r *run) readSymbols() Status {
	r.fast()
	for r.step == symbols {
		r.fill()
		if s := r.readSymbol(); s != going {
			return s
		}
	}
	return going
}

// readSymbol decodes one literal, match or end of the block if all its bits are
// there, and nothing otherwise.
func (r *run) readSymbol() Status {
	e, led := lookUp(r.literals[:], literalBits, r.bits)
	switch {
	case led+e.codeBits() > r.n:
		return More
	case e.isLiteral():
		if r.o == len(r.out) {
			return Full
		}
		r.out[r.o] = e.literal()
		r.o++
		r.take(led + e.codeBits())
		return going
	case e.isEnd():
		r.take(led + e.codeBits())
		r.step = blockHeader
		return going
	case e.isSpecial():
		return Corrupt
	case led+e.allBits() > r.n:
		return More
	}
	return r.readDistance(e.valueAndExtra(r.bits>>led), led+e.allBits())
}

// readDistance decodes the rest of a match, of which used bits gave the length.
func (r *run) readDistance(length int, used uint) Status {
	rest := r.bits >> used
	e, led := lookUp(r.distances[:], distanceBits, rest)
	switch {
	case used+led+e.codeBits() > r.n:
		return More
	case e.isSpecial():
		return Corrupt
	case used+led+e.allBits() > r.n:
		return More
	}
	distance := e.valueAndExtra(rest >> led)
	if distance > r.o+len(r.history) {
		return Corrupt
	}
	r.take(used + led + e.allBits())
	r.left, r.distance, r.step = length, distance, matchBytes
	return r.copyMatch()
}

// lookUp finds the code that bits begin with, and how many of them led to its
// table.
func lookUp(table []entry, first uint, bits uint64) (e entry, led uint) {
	e = table[bits&(1<<first-1)]
	if e.isLink() {
		e, led = table[e.second(bits>>first)], first
	}
	return e, led
}
