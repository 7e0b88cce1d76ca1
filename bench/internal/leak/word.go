package leak

import "math/bits"

// A payload is a row of words of 8 bytes, each of which tells whose it is: it
// holds a label of 56 bits, scrambled so that all of them look random.
const (
	wordSize  = 8
	labelBits = 56
	labelMask = 1<<labelBits - 1

	sevenBits = 0x7f7f7f7f7f7f7f7f // of each byte of a word
	highBits  = ^uint64(sevenBits)
)

// Odd, so that to multiply by them modulo 2^56 can be undone.
const (
	factor1 = 0xbf58476d1ce4e5
	factor2 = 0x94d049bb133111
)

var inverse1, inverse2 = inverse(factor1), inverse(factor2)

// inverse gives the number that undoes a multiplication by odd x modulo 2^64,
// and so modulo 2^56. Each step doubles the bits that are right.
func inverse(x uint64) uint64 {
	y := x
	for range bits.Len(64) {
		y *= 2 - x*y
	}
	return y
}

// scramble is one to one on labels, each bit of the result depending on all of
// x. Shifts by half of the bits or more undo themselves.
func scramble(x uint64) uint64 {
	x ^= x >> 29
	x = x * factor1 & labelMask
	x ^= x >> 28
	x = x * factor2 & labelMask
	return x ^ x>>30
}

// unscramble undoes it.
func unscramble(x uint64) uint64 {
	x ^= x >> 30
	x = x * inverse2 & labelMask
	x ^= x >> 28
	x = x * inverse1 & labelMask
	return x ^ x>>29
}

// spread puts 56 bits into the lower seven of eight bytes: ASCII.
func spread(x uint64) uint64 {
	x = x&0x00fffffff0000000<<4 | x&0x000000000fffffff
	x = x&0x0fffc0000fffc000<<2 | x&0x00003fff00003fff
	return x&0x3f803f803f803f80<<1 | x&0x007f007f007f007f
}

// gather undoes it, whatever the bytes' highest bits are.
func gather(x uint64) uint64 {
	x &= sevenBits
	x = x&0x7f007f007f007f00>>1 | x&0x007f007f007f007f
	x = x&0x3fff00003fff0000>>2 | x&0x00003fff00003fff
	return x&0x0fffffff00000000>>4 | x&0x000000000fffffff
}

// textWord gives the word of a label in a text.
func textWord(label uint64) uint64 { return spread(scramble(label)) }

// binaryWord gives one in which every value of a byte occurs: the highest bit
// of each byte is the lowest of the byte before.
func binaryWord(label uint64) uint64 {
	w := textWord(label)
	return w | bits.RotateLeft64(w, wordSize+7)&highBits
}

// labelOf gives the label of either.
func labelOf(word uint64) uint64 { return unscramble(gather(word)) }
