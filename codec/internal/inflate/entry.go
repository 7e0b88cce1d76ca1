package inflate

// entry is what a table says of the code that the next bits begin with. From
// the lowest bit on:
//
//	 0-4   bits of the code and of the extra bits behind it
//	 8-11  bits of the code alone
//	12     the end of a block
//	13     a link to a second table, for the bits that follow these
//	14     special: the end, a link, or not a code at all if none of both
//	15     a literal
//	16-31  the literal, the length or distance without its extra bits, or
//	       the second table's place
//
// A code in a second table is counted without the bits that led to it.
type entry uint32

const (
	isEnd     entry = 1 << 12
	isLink    entry = 1 << 13
	isSpecial entry = 1 << 14
	isLiteral entry = 1 << 15
)

func (e entry) allBits() uint   { return uint(e & 31) }
func (e entry) codeBits() uint  { return uint(e >> 8 & 15) }
func (e entry) value() int      { return int(e >> 16) }
func (e entry) literal() byte   { return byte(e >> 16) }
func (e entry) isEnd() bool     { return e&isEnd != 0 }
func (e entry) isLink() bool    { return e&isLink != 0 }
func (e entry) isSpecial() bool { return e&isSpecial != 0 }
func (e entry) isLiteral() bool { return e&isLiteral != 0 }

// valueAndExtra adds the extra bits to the value; the code begins bits.
func (e entry) valueAndExtra(bits uint64) int {
	return e.value() + int(bits&(1<<(e&31)-1)>>e.codeBits())
}

// second gives a link's place in the second table for the bits that follow.
func (e entry) second(bits uint64) int {
	return e.value() + int(bits&(1<<e.codeBits()-1))
}

// ofLength adds a code's length to an entry.
func (e entry) ofLength(bits uint) entry { return e + entry(bits<<8|bits) }

// What each symbol stands for, without its code's length.
var (
	literalEntries  = makeLiteralEntries()
	distanceEntries = makeDistanceEntries()
	lengthEntries   = makeLengthEntries()
)

// makeLiteralEntries makes those of RFC 1951 section 3.2.5's first table. The
// last two symbols take part in the fixed codes, but never occur.
func makeLiteralEntries() (entries [literalCodes + 2]entry) {
	for symbol := range 256 {
		entries[symbol] = entry(symbol)<<16 | isLiteral
	}
	entries[256] = isSpecial | isEnd
	length := 3
	for symbol := 257; symbol < 285; symbol++ {
		extra := max(0, (symbol-261)/4)
		entries[symbol] = entry(length<<16 | extra)
		length += 1 << extra
	}
	entries[285] = 258 << 16
	entries[286], entries[287] = isSpecial, isSpecial
	return entries
}

// makeDistanceEntries makes those of its second table.
func makeDistanceEntries() (entries [distanceCodes + 2]entry) {
	distance := 1
	for symbol := range distanceCodes {
		extra := max(0, symbol/2-1)
		entries[symbol] = entry(distance<<16 | extra)
		distance += 1 << extra
	}
	entries[30], entries[31] = isSpecial, isSpecial
	return entries
}

// repeatsLast tells a symbol that repeats the last code length from those that
// repeat 0. Their value is the least count.
const repeatsLast = isEnd

func makeLengthEntries() (entries [lengthCodes]entry) {
	for length := range 16 {
		entries[length] = entry(length)<<16 | isLiteral
	}
	entries[16] = 3<<16 | repeatsLast | 2
	entries[17] = 3<<16 | 3
	entries[18] = 11<<16 | 7
	return entries
}
