package inflate

import (
	"math/bits"
	"slices"
)

// writer makes streams by hand. It knows codes by their lengths, and makes no
// difference between good and bad ones.
type writer struct {
	stream []byte
	n      uint // bits of the last byte that are used, 0 for all

	literals, distances codeSet
}

// codeSet is the lengths of codes, by symbol.
type codeSet []uint8

// bits writes the k lowest bits of v, the lowest first.
func (w *writer) bits(v, k uint) *writer {
	for ; k > 0; k-- {
		if w.n == 0 {
			w.stream = append(w.stream, 0)
		}
		w.stream[len(w.stream)-1] |= byte(v&1) << w.n
		v >>= 1
		w.n = (w.n + 1) % 8
	}
	return w
}

func (w *writer) bytes(b ...byte) *writer {
	w.stream, w.n = append(w.stream, b...), 0
	return w
}

func (w *writer) header(final, kind uint) *writer { return w.bits(final, 1).bits(kind, 2) }

func (w *writer) stored(text string) *writer {
	n := len(text)
	w.header(0, 0).bytes(byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
	return w.bytes([]byte(text)...)
}

func (w *writer) fixed() *writer {
	w.literals = slices.Concat(repeated(8, 144), repeated(9, 112), repeated(7, 24), repeated(8, 8))
	w.distances = repeated(5, 32)
	return w.header(0, 1)
}

func repeated(length uint8, times int) codeSet { return slices.Repeat(codeSet{length}, times) }

// dynamic begins a block with codes of its own, whose lengths are written one by
// one, in codes of 4 or 5 bits.
func (w *writer) dynamic(literals, distances codeSet) *writer {
	lengthCodes := append(repeated(4, 13), repeated(5, 6)...)
	w.sizes(len(literals), len(distances), lengthCodes)
	for _, length := range slices.Concat(literals, distances) {
		w.code(lengthCodes, int(length))
	}
	w.literals, w.distances = literals, distances
	return w
}

// shortest begins a block with all codes that there are, in as few bytes as can
// be: what takes the longest for its size.
func (w *writer) shortest() *writer {
	lengthCodes := make(codeSet, 19)
	lengthCodes[16], lengthCodes[4], lengthCodes[5], lengthCodes[8], lengthCodes[9] = 1, 3, 3, 3, 3
	w.literals = slices.Concat(repeated(8, 226), repeated(9, 60))
	w.distances = slices.Concat(repeated(4, 2), repeated(5, 28))
	w.sizes(len(w.literals), len(w.distances), lengthCodes)
	for _, run := range []struct{ length, times int }{{8, 226}, {9, 60}, {4, 2}, {5, 28}} {
		w.code(lengthCodes, run.length)
		left := run.times - 1
		for ; left >= 6; left -= 6 {
			w.code(lengthCodes, 16).bits(3, 2)
		}
		if left >= 3 {
			w.code(lengthCodes, 16).bits(uint(left-3), 2)
			left = 0
		}
		for ; left > 0; left-- {
			w.code(lengthCodes, run.length)
		}
	}
	return w
}

// sizes begins a block with codes of its own up to those for lengths.
func (w *writer) sizes(literals, distances int, lengthCodes codeSet) *writer {
	w.header(0, 2).bits(uint(literals-257), 5).bits(uint(distances-1), 5).bits(15, 4)
	for _, symbol := range lengthCodeOrder {
		w.bits(uint(lengthCodes[symbol]), 3)
	}
	return w
}

// code writes a symbol's code.
func (w *writer) code(set codeSet, symbol int) *writer {
	code := uint(0)
	for n := uint8(1); n <= set[symbol]; n++ {
		code <<= 1
		for s, length := range set {
			if length == n && (n < set[symbol] || s < symbol) {
				code++
			}
		}
	}
	k := uint(set[symbol])
	return w.bits(uint(bits.Reverse64(uint64(code))>>(64-k)), k)
}

func (w *writer) text(s string) *writer {
	for i := range len(s) {
		w.code(w.literals, int(s[i]))
	}
	return w
}

// match writes symbols of a length and a distance, each with extra bits.
func (w *writer) match(length int, extra, k uint, distance int, extra2, k2 uint) *writer {
	return w.code(w.literals, length).bits(extra, k).code(w.distances, distance).bits(extra2, k2)
}

func (w *writer) end() *writer { return w.code(w.literals, 256) }
