package inflate

import (
	"encoding/binary"
	"math/bits"
)

const (
	maxCode = 15 // bits

	// With more bits of a code in the first table, fewer symbols need a second
	// look-up, but building it takes longer, which decides for short messages.
	literalBits  = 10
	distanceBits = 8
)

// Each table has space for the most entries that a first and the second tables
// can have, as zlib's program "enough" counts them.
type (
	literalTable  [1334]entry
	distanceTable [402]entry
)

var fixedLiterals, fixedDistances = makeFixed()

// makeFixed makes the tables of RFC 1951 section 3.2.6.
func makeFixed() (literals literalTable, distances distanceTable) {
	var lengths [literalCodes + 2]uint8
	for symbol := range lengths {
		switch {
		case symbol < 144:
			lengths[symbol] = 8
		case symbol < 256:
			lengths[symbol] = 9
		case symbol < 280:
			lengths[symbol] = 7
		default:
			lengths[symbol] = 8
		}
	}
	build(literals[:], literalBits, lengths[:], literalEntries[:])
	for symbol := range distanceCodes + 2 {
		lengths[symbol] = 5
	}
	build(distances[:], distanceBits, lengths[:distanceCodes+2], distanceEntries[:])
	return literals, distances
}

// build fills a table from the lengths of its symbols' codes. The first table
// has an entry for each value of the next first bits; a code that is longer has
// a second table behind it. It reports false if the codes are not a set.
func build(table []entry, first uint, lengths []uint8, symbols []entry) bool {
	c := codes{table: table, first: first, symbols: symbols}
	switch used := c.sort(lengths); {
	case used == 1<<maxCode:
	case used == 0:
		fill(table[:1<<first], isSpecial, isSpecial)
		return true
	case used == 1<<(maxCode-1) && c.count[1] == 1:
		fill(table[:1<<first], c.entry(0, 1), isSpecial.ofLength(1))
		return true
	default:
		return false
	}
	if next, code := c.short(); next < c.used {
		c.long(next, code)
	}
	return true
}

// fill fills a table for a code of one bit.
func fill(table []entry, zero, one entry) {
	for i := 0; i < len(table); i += 2 {
		table[i], table[i+1] = zero, one
	}
}

// codes are what build goes through.
type codes struct {
	table   []entry
	first   uint
	symbols []entry

	sorted [literalCodes + 2]uint16 // symbols by the length of their codes, then by themselves
	used   int                      // how many there are
	count  [maxCode + 1]int         // by length
}

// sort sorts the symbols that have a code. It returns how much of all possible
// codes they use up, of 1<<maxCode.
func (c *codes) sort(lengths []uint8) (space int) {
	var list [literalCodes + 2]uint16
	have := c.list(&list, lengths)
	c.used = len(have)
	var next [maxCode + 1]int
	for n := 1; n < maxCode; n++ {
		space = space<<1 + c.count[n]
		next[n+1] = next[n] + c.count[n]
	}
	for _, symbol := range have {
		at := &next[symbol&maxCode]
		c.sorted[*at] = symbol >> 4
		*at++
	}
	return space<<1 + c.count[maxCode]
}

// list lists and counts the symbols that have a code, each with its length.
// Most often that are few, so it looks at eight at a time.
func (c *codes) list(list *[literalCodes + 2]uint16, lengths []uint8) []uint16 {
	k := 0
	for base := 0; base < len(lengths); base += 8 {
		var eight [8]uint8
		copy(eight[:], lengths[base:])
		for left := binary.LittleEndian.Uint64(eight[:]); left != 0; {
			i := bits.TrailingZeros64(left) &^ 7
			n := uint(left>>i) & maxCode
			left &^= 0xFF << i
			list[k] = uint16(base+i/8)<<4 | uint16(n)
			k++
			c.count[n]++
		}
	}
	return list[:k]
}

// entry makes the entry of a symbol whose code has n bits.
func (c *codes) entry(i int, n uint) entry { return c.symbols[c.sorted[i]].ofLength(n) }

// following gives the code that follows in a set of codes of n bits, of which
// the first one is the lowest. The last one has none.
func following(code, n uint) uint {
	// The highest 0 becomes 1, and all above it 0.
	bit := uint(1) << (bits.Len(code^(1<<n-1)) - 1)
	return code&(bit-1) | bit
}

// short fills the first table with the codes that fit. It returns the index of
// the next symbol, and its code as far as the first table goes.
func (c *codes) short() (i int, code uint) {
	for n := uint(1); n <= c.first; n++ {
		size := 1 << n
		// The codes of fewer bits again, for both values of this one.
		copy(c.table[size/2:size], c.table[:size/2])
		for range c.count[n] {
			c.table[code] = c.entry(i, n)
			i++
			if i == c.used {
				c.repeat(size)
				return i, 0
			}
			code = following(code, n)
		}
	}
	return i, code
}

// repeat fills the first table with its first size entries.
func (c *codes) repeat(size int) {
	first := c.table[:1<<c.first]
	for size < len(first) {
		size += copy(first[size:], first[:size])
	}
}

// long makes second tables for the codes that did not fit.
func (c *codes) long(i int, code uint) {
	var start uint
	end, mask := uint(1)<<c.first, uint(1)<<c.first-1
	prefix := mask + 1
	for n := c.first + 1; ; n++ {
		for left := c.count[n]; left > 0; left-- {
			if code&mask != prefix {
				prefix, start = code&mask, end
				size := c.second(n, left)
				end += 1 << size
				c.table[prefix] = isSpecial | isLink | entry(start<<16|size<<8)
			}
			e := c.entry(i, n-c.first)
			for at := start + code>>c.first; at < end; at += 1 << (n - c.first) {
				c.table[at] = e
			}
			i++
			if i == c.used {
				return
			}
			code = following(code, n)
		}
	}
}

// second gives the bits of a second table that begins with a code of n bits, of
// which left are left.
func (c *codes) second(n uint, left int) uint {
	for space := left; space < 1<<(n-c.first); {
		n++
		space = space<<1 + c.count[n]
	}
	return n - c.first
}
