package deflate

// header is the head of a block that has codes of its own, RFC 1951 section
// 3.2.7: the lengths of these codes, which are compressed as well.
type header struct {
	tree    tree
	lengths [literals + distances]uint8 // of codes, literals first
	runs    [literals + distances]run
	n       int // runs
	nLit    int
	nDist   int
	nCode   int
}

// run is a symbol for one or several lengths, with its extra bits.
type run struct{ symbol, extra uint8 }

const (
	repeatLast    = 16 // 3 to 6 times
	repeatZero    = 17 // 3 to 10 times
	repeatZeros   = 18 // 11 to 138 times
	lengthSymbols = 19
	maxLengthBits = 7
)

var runExtra = [lengthSymbols]uint32{repeatLast: 2, repeatZero: 3, repeatZeros: 7}

// lengthOrder is the order in which the lengths of the lengths' codes are sent.
var lengthOrder = [lengthSymbols]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// describe makes h the header for these codes, and gives its size in bits.
func (h *header) describe(literal, distance *tree) (bits int) {
	h.nLit, h.nDist = literal.last(literals, firstLength), distance.last(distances, 1)
	all := h.lengths[:0]
	for _, c := range literal.code[:h.nLit] {
		all = append(all, uint8(c.length()))
	}
	for _, c := range distance.code[:h.nDist] {
		all = append(all, uint8(c.length()))
	}
	h.shorten(all)
	h.tree.build(lengthSymbols, maxLengthBits)
	h.nCode = lengthSymbols
	for h.nCode > 4 && h.tree.code[lengthOrder[h.nCode-1]] == 0 {
		h.nCode--
	}
	bits = headSize + 5 + 5 + 4 + 3*h.nCode + h.tree.size(lengthSymbols)
	for s, extra := range runExtra {
		bits += int(extra) * int(h.tree.count[s])
	}
	return bits
}

// shorten makes runs of lengths.
func (h *header) shorten(lengths []uint8) {
	h.n = 0
	clear(h.tree.count[:lengthSymbols])
	for len(lengths) > 0 {
		length, same := lengths[0], 1
		for same < len(lengths) && lengths[same] == length {
			same++
		}
		lengths = lengths[same:]
		if length > 0 {
			h.add(length, 0)
			same--
		}
		for same >= 3 {
			same -= h.repeat(length, same)
		}
		for range same {
			h.add(length, 0)
		}
	}
}

// repeat adds one run of the n times length comes again, and gives how many of
// them it stands for.
func (h *header) repeat(length uint8, n int) int {
	switch {
	case length > 0:
		n = min(n, 6)
		h.add(repeatLast, uint8(n-3))
	case n <= 10:
		h.add(repeatZero, uint8(n-3))
	default:
		n = min(n, 138)
		h.add(repeatZeros, uint8(n-11))
	}
	return n
}

func (h *header) add(symbol, extra uint8) {
	h.runs[h.n] = run{symbol, extra}
	h.n++
	h.tree.count[symbol]++
}

func (h *header) write(w *bitWriter) {
	w.write(dynamicBlock, headSize)
	w.write(uint64(h.nLit-257), 5)
	w.write(uint64(h.nDist-1), 5)
	w.write(uint64(h.nCode-4), 4)
	for _, s := range lengthOrder[:h.nCode] {
		w.write(uint64(h.tree.code[s].length()), 3)
	}
	for _, r := range h.runs[:h.n] {
		c := h.tree.code[r.symbol]
		w.write(c.bits()|uint64(r.extra)<<c.length(), c.length()+runExtra[r.symbol])
	}
}
