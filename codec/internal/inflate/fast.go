package inflate

import "encoding/binary"

// fast does what readSymbol does, many times over, as long as there is so much
// input and room that it need not look. It leaves everything else, errors
// included, to readSymbol.
//
// bits holds more than n bits here: those above are the input's next ones.
func (r *run) fast() {
	z := r.Inflater
	literals, distances := z.literals, z.distances
	src, i, out, o := r.src, r.i, r.out, r.o
	bits, n := z.bits, z.n
	for i+8 <= len(src) && o+3 <= len(out) {
		bits |= binary.LittleEndian.Uint64(src[i:]) << (n & 63)
		i += int((63 - n) >> 3)
		n |= enough

		// Three literals take 30 bits at most.
		e := literals[bits&(1<<literalBits-1)]
		if e.isLiteral() {
			out[o] = e.literal()
			o++
			bits >>= e & 31
			n -= e.allBits()
			if e = literals[bits&(1<<literalBits-1)]; e.isLiteral() {
				out[o] = e.literal()
				o++
				bits >>= e & 31
				n -= e.allBits()
				if e = literals[bits&(1<<literalBits-1)]; e.isLiteral() {
					out[o] = e.literal()
					o++
					bits >>= e & 31
					n -= e.allBits()
					continue
				}
			}
			// A match takes 48 bits at most.
			if n < 48 {
				if i+8 > len(src) {
					break
				}
				bits |= binary.LittleEndian.Uint64(src[i:]) << (n & 63)
				i += int((63 - n) >> 3)
				n |= enough
			}
		}

		b, left := bits, n
		if e.isSpecial() {
			if e.isLink() {
				b >>= literalBits
				left -= literalBits
				e = literals[e.second(b)]
			}
			if e.isLiteral() {
				out[o] = e.literal()
				o++
				bits, n = b>>(e&31), left-e.allBits()
				continue
			}
			if e.isEnd() {
				bits, n = b>>(e&31), left-e.allBits()
				z.step = blockHeader
				break
			}
			if e.isSpecial() {
				break
			}
		}
		length := e.valueAndExtra(b)
		b >>= e & 31
		left -= e.allBits()

		e = distances[b&(1<<distanceBits-1)]
		if e.isSpecial() {
			if !e.isLink() {
				break
			}
			b >>= distanceBits
			left -= distanceBits
			if e = distances[e.second(b)]; e.isSpecial() {
				break
			}
		}
		distance := e.valueAndExtra(b)
		from, end := o-distance, o+length
		if end+8 > len(out) || from+len(r.history) < 0 {
			break
		}
		bits, n = b>>(e&31), left-e.allBits()
		if from < 0 {
			z.left, z.distance, r.o = length, distance, o
			r.copyMatch()
		} else if distance >= 8 {
			for ; o < end; o, from = o+8, from+8 {
				binary.LittleEndian.PutUint64(out[o:], binary.LittleEndian.Uint64(out[from:]))
			}
		} else {
			for ; o < end; o, from = o+1, from+1 {
				out[o] = out[from]
			}
		}
		o = end
	}
	z.bits, z.n = bits&(1<<(n&63)-1), n
	r.i, r.o = i, o
}
