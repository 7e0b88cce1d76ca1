package deflate

import "encoding/binary"

// maxTokens is the most that one block is made of: in a longer one the codes
// would fit its parts less well.
const maxTokens = 16 << 10

// block is what one block is made of, and the codes for it.
type block struct {
	n        int
	tokens   [maxTokens]token
	literal  tree
	distance tree
	extra    int // bits besides codes
	header   header
}

// literals adds src[from:to], or as much of it as there is room for, and
// returns how far that came.
func (b *block) literals(src []byte, from, to int) int {
	to = min(to, from+maxTokens-b.n)
	tokens := b.tokens[b.n : b.n+to-from]
	for i, c := range src[from:to] {
		tokens[i] = token(c)
	}
	b.n += len(tokens)
	return to
}

func (b *block) add(t token) {
	b.tokens[b.n] = t
	b.n++
}

// write appends the block, which stands for src, in the form that is shortest.
func (b *block) write(w *bitWriter, src []byte) {
	b.count()
	fixed := headSize + b.extra + b.fixedSize()
	dynamic := fixed
	if fixed > worthCodes {
		b.literal.build(literals, maxCodeLength)
		b.distance.build(distances, maxCodeLength)
		dynamic = b.header.describe(&b.literal, &b.distance) + b.extra + b.literal.size(literals) + b.distance.size(distances)
	}
	switch size := min(fixed, dynamic); {
	case size >= storedSize(len(src)):
		w.stored(src)
	case dynamic < fixed:
		w.reserve(size)
		b.header.write(w)
		b.writeTokens(w, &b.literal.code, &b.distance.code)
	default:
		w.reserve(size)
		w.write(fixedBlock, headSize)
		b.writeTokens(w, &fixedLiteral, &fixedDistance)
	}
}

// worthCodes is how many bits a block must have for codes of its own to pay:
// their header alone has about 300.
const worthCodes = 8 * 60

func (b *block) count() {
	b.extra = 0
	clear(b.literal.count[:])
	clear(b.distance.count[:])
	for _, t := range b.tokens[:b.n] {
		if t < isMatch {
			b.literal.count[t&0xff]++
			continue
		}
		length, distance := lengthParts[t.length()], distancePart(t.distance())
		b.literal.count[firstLength+int(length.symbol)]++
		b.distance.count[distance.symbol]++
		b.extra += int(length.extra) + int(distance.extra)
	}
	b.literal.count[endOfBlock] = 1
}

func (b *block) writeTokens(w *bitWriter, literal, distance *[literals]code) {
	out := w.b[:cap(w.b)]
	at, pending, n := len(w.b), w.pending, w.n
	for _, t := range b.tokens[:b.n] {
		if t < isMatch {
			c := literal[t&0xff]
			pending |= c.bits() << (n & 63)
			n += c.length()
		} else {
			part := lengthParts[t.length()]
			c := literal[firstLength+int(part.symbol)]
			pending |= c.bits() << (n & 63)
			n += c.length()
			pending |= uint64(t.length()-uint32(part.first)) << (n & 63)
			n += uint32(part.extra)
			part = distancePart(t.distance())
			c = distance[part.symbol]
			pending |= c.bits() << (n & 63)
			n += c.length()
			pending |= uint64(t.distance()-uint32(part.first)) << (n & 63)
			n += uint32(part.extra)
		}
		binary.LittleEndian.PutUint64(out[at:], pending)
		at += int(n / 8)
		pending >>= n &^ 7 & 63
		n &= 7
	}
	w.b, w.pending, w.n = out[:at], pending, n
	w.write(literal[endOfBlock].bits(), literal[endOfBlock].length())
}
