package deflate

import "math/bits"

// token is a literal, which is below 256, or a match.
type token uint32

const isMatch token = 1 << 31

func matchToken(length, distance int) token {
	return isMatch | token(length-3)<<16 | token(distance-1)
}

// length gives the length of a match, less 3.
func (t token) length() uint32 { return uint32(t>>16) & 0xff }

// distance gives the distance of a match, less 1.
func (t token) distance() uint32 { return uint32(t) & 0x7fff }

// Symbols, RFC 1951 section 3.2.5.
const (
	endOfBlock    = 256
	firstLength   = 257
	literals      = 286 // symbols for literals, lengths and the end of a block
	distances     = 30
	maxCodeLength = 15
)

// part is a range of lengths or distances that has a symbol: the rest of it is
// sent in extra bits.
type part struct {
	symbol uint8
	extra  uint8
	first  uint16
}

// lengthParts is by length less 3.
var lengthParts = func() (t [256]part) {
	for i := range t {
		t[i] = partOf(i, 2)
	}
	t[255] = part{symbol: 28, first: 255} // a symbol of its own
	return t
}()

// distanceParts is by distance less 1, up to 256 and then in steps of 128.
var distanceParts = func() (t [512]part) {
	for i := range 256 {
		t[i], t[256+i] = partOf(i, 1), partOf(i<<7, 1)
	}
	return t
}()

func distancePart(d uint32) part {
	if d < 256 {
		return distanceParts[d]
	}
	return distanceParts[256+d>>7]
}

// partOf gives the part of n where each power of two has 2^log parts, once
// these are longer than one.
func partOf(n, log int) part {
	extra := max(bits.Len(uint(n))-1-log, 0)
	return part{
		symbol: uint8(extra<<log + n>>extra),
		extra:  uint8(extra),
		first:  uint16(n >> extra << extra),
	}
}
