package deflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"slices"
	"testing"
)

// inflate is the oracle for windows: it reads RFC 1951 bit by bit, and refuses
// what refers back by more than window. history is what came before.
func inflate(deflated, history []byte, window int) (_ []byte, err error) {
	in := &bitReader{b: deflated}
	out := slices.Clone(history)
	for !in.atEnd() {
		last := in.bits(1)
		switch in.bits(2) {
		case 0:
			out = in.stored(out)
		case 1:
			out, err = in.block(out, fixedLengths()[:288], fixedLengths()[288:], window)
		case 2:
			literal, distance := in.codes()
			out, err = in.block(out, literal, distance, window)
		default:
			err = errors.New("no such kind of block")
		}
		if err != nil {
			return nil, err
		}
		if last == 1 {
			return nil, errors.New("the last block, which nobody asked for")
		}
	}
	return out[len(history):], in.err
}

type bitReader struct {
	b   []byte
	at  int // in bits
	err error
}

func (r *bitReader) atEnd() bool { return r.err != nil || r.at == 8*len(r.b) }

func (r *bitReader) bits(n int) (v int) {
	for i := range n {
		if r.at == 8*len(r.b) {
			r.err = io.ErrUnexpectedEOF
			return 0
		}
		v |= int(r.b[r.at/8]) >> (r.at % 8) & 1 << i
		r.at++
	}
	return v
}

func (r *bitReader) stored(out []byte) []byte {
	r.at = (r.at + 7) &^ 7
	size, inverse := r.bits(16), r.bits(16)
	if size^inverse != 0xffff {
		r.err = errors.New("length and its inverse differ")
		return out
	}
	for range size {
		out = append(out, byte(r.bits(8)))
	}
	return out
}

func fixedLengths() []int {
	return slices.Concat(slices.Repeat([]int{8}, 144), slices.Repeat([]int{9}, 112), slices.Repeat([]int{7}, 24),
		slices.Repeat([]int{8}, 8), slices.Repeat([]int{5}, 30))
}

func (r *bitReader) codes() (literal, distance []int) {
	nLit, nDist, nCode := 257+r.bits(5), 1+r.bits(5), 4+r.bits(4)
	order := []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	ofLengths := make([]int, 19)
	for _, s := range order[:nCode] {
		ofLengths[s] = r.bits(3)
	}
	book := codebook(ofLengths)
	var lengths []int
	for len(lengths) < nLit+nDist && r.err == nil {
		switch s := r.symbol(book); s {
		case 16:
			lengths = append(lengths, slices.Repeat(lengths[len(lengths)-1:], 3+r.bits(2))...)
		case 17:
			lengths = append(lengths, make([]int, 3+r.bits(3))...)
		case 18:
			lengths = append(lengths, make([]int, 11+r.bits(7))...)
		default:
			lengths = append(lengths, s)
		}
	}
	if len(lengths) != nLit+nDist {
		r.err = errors.New("too many lengths")
		return nil, nil
	}
	return lengths[:nLit], lengths[nLit:]
}

// naiveCode is a number of bits and what they say, the first bit on top.
type naiveCode struct{ length, bits int }

// codebook gives the symbols of the canonical code with these lengths.
func codebook(lengths []int) map[naiveCode]int {
	book := map[naiveCode]int{}
	next := 0
	for length := 1; length <= 15; length++ {
		next <<= 1
		for s, l := range lengths {
			if l == length {
				book[naiveCode{length, next}] = s
				next++
			}
		}
	}
	return book
}

func (r *bitReader) symbol(book map[naiveCode]int) int {
	bits := 0
	for length := 1; length <= 15 && r.err == nil; length++ {
		bits = bits<<1 | r.bits(1)
		if s, ok := book[naiveCode{length, bits}]; ok {
			return s
		}
	}
	r.err = errors.Join(r.err, errors.New("no such code"))
	return -1
}

// Tables of RFC 1951 section 3.2.5.
var (
	lengthFirst   = []int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra   = []int{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceFirst = []int{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distanceExtra = []int{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

func (r *bitReader) block(out []byte, literal, distance []int, window int) ([]byte, error) {
	literals, distances := codebook(literal), codebook(distance)
	for r.err == nil {
		s := r.symbol(literals)
		switch {
		case r.err != nil:
		case s < 256:
			out = append(out, byte(s))
		case s == 256:
			return out, nil
		default:
			length := lengthFirst[s-257] + r.bits(lengthExtra[s-257])
			d := r.symbol(distances)
			if r.err != nil {
				return nil, r.err
			}
			back := distanceFirst[d] + r.bits(distanceExtra[d])
			if back > window || back > len(out) {
				return nil, errors.New("refers back too far")
			}
			for range length {
				out = append(out, out[len(out)-back])
			}
		}
	}
	return nil, r.err
}

// whole makes deflated, as Append gives it, a sequence of whole blocks.
func whole(deflated []byte) []byte { return append(slices.Clone(deflated), 0, 0, 0xff, 0xff) }

// check compresses p, and has both oracles read it.
func check(t testing.TB, z *Deflater, p, history []byte) (deflated []byte) {
	t.Helper()
	before := slices.Clone(p)
	deflated = z.Append([]byte("before"), p, history)
	if !bytes.HasPrefix(deflated, []byte("before")) || !bytes.Equal(p, before) {
		t.Fatal("what is not its own has changed")
	}
	deflated = deflated[len("before"):]
	window := z.matcher.window
	got, err := inflate(whole(deflated), history, window)
	if err != nil || !bytes.Equal(got, p) {
		t.Fatalf("window of %d, history of %d: %.100q comes back as %.100q, %v", window, len(history), p, got, err)
	}
	if got := inflateFast(t, deflated, history[max(len(history)-window, 0):]); !bytes.Equal(got, p) {
		t.Fatalf("window of %d, history of %d: %.100q comes back as %.100q", window, len(history), p, got)
	}
	return deflated
}

// inflateFast has compress/flate read what Append has given.
func inflateFast(t testing.TB, deflated, history []byte) []byte {
	t.Helper()
	p, err := io.ReadAll(flate.NewReaderDict(bytes.NewReader(append(whole(deflated), 1, 0, 0, 0xff, 0xff)), history))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
