// Package inflate decodes DEFLATE (RFC 1951) as it comes: it can stop after any
// byte of input and at any byte of output, and goes on from there. It needs
// neither a goroutine nor a window: what it has written before, in the caller's
// own memory, is what matches refer to. Nothing here allocates.
//
// It differs from compress/flate, beside which it is tested, in what surrounds
// the blocks. Here a stream has no end of its own: as RFC 7692 section 7.2.3.4
// has it, a block with BFINAL set is followed by further blocks, from the next
// byte boundary on. Whether a stream may end where it does, [Inflater.Between]
// tells.
//
// Within blocks the two refuse the same. Where RFC 1951 leaves room: a set of
// codes must be complete, but one code alone may have a length of 1, and a set
// without codes is wrong only once a code of it is needed. HLIT over 286 and
// HDIST over 30 are refused, as are the codes that RFC 1951 says never occur. A
// block whose end has no code is not refused for that: it cannot end. Padding
// may be anything.
package inflate

import "math"

// What it takes, in bytes of output, to begin a block, and to build tables for
// its own codes: see BenchmarkBlocks.
const (
	blockWork  = 16
	tablesWork = 2 << 10
)

// Inflater is the state of a stream between two calls, about 8 KiB. It holds no
// memory of the caller's. It must be Reset before use, and is for one goroutine
// at a time.
type Inflater struct {
	// Patience is how much time blocks may still take before Inflate returns, in
	// bytes of output that take as long. Output is not counted in it, but what
	// comes before a block's: of little input may come nothing but tables to
	// build. Reset makes it endless.
	Patience int

	bits  uint64 // taken from the input but not used, the next one lowest
	n     uint   // how many; those above are 0
	step  step
	final bool // no block follows before the next byte boundary

	left     int // bytes of a stored block or of a match that are still to come
	distance int // of that match

	// The codes of the current block: the fixed ones, or own.
	literals  *literalTable
	distances *distanceTable

	lengths        lengths
	ownLiterals    literalTable
	ownDistances   distanceTable
	lengthCodeBits [lengthCodes]uint8
}

// step is what comes next in the stream.
type step uint8

const (
	blockHeader step = iota
	storedLength
	storedBytes
	setSizes        // HLIT, HDIST and HCLEN
	lengthCodeSizes // the lengths of the codes for lengths
	codeLengths     // the lengths of the other codes
	symbols
	matchBytes
	nothing // the stream is corrupt
)

// Status tells why Inflate returned.
type Status uint8

const (
	going Status = iota

	// More: all input is used up.
	More
	// Full: there is no room for the next byte of output.
	Full
	// Tired: there is input left, but no Patience for the next block.
	Tired
	// Corrupt: the input is not DEFLATE. It stays so until Reset.
	Corrupt
)

// Reset makes z ready for a new stream. It costs next to nothing.
func (z *Inflater) Reset() {
	z.bits, z.n, z.step, z.final, z.left = 0, 0, blockHeader, false, 0
	z.Patience = math.MaxInt
}

// Between reports whether all of the input so far was whole blocks.
func (z *Inflater) Between() bool { return z.step == blockHeader && z.n == 0 }

// run is one call of Inflate.
type run struct {
	*Inflater
	src     []byte
	i       int // used of src
	out     []byte
	o       int // written of out
	history []byte
}

// Inflate decodes src and appends to dst, within its capacity; it uses dst's
// free space as it likes. It returns dst with what was added, and how many bytes
// of src it has taken: all of them, unless the status is Full or Tired.
//
// dst begins with all of the stream's output so far, which may have moved since
// the last call. Matches that reach further back refer to history, which came
// before the stream and must not change until its end.
//
// Up to seven bytes taken from src may still be unused when it returns, so that
// there can be output without input.
func (z *Inflater) Inflate(dst, src, history []byte) (out []byte, n int, s Status) {
	r := run{z, src, 0, dst[:cap(dst)], len(dst), history}
	for s == going {
		s = r.next()
	}
	if s == Corrupt {
		z.step, r.i = nothing, len(src)
	}
	return dst[:r.o], r.i, s
}

func (r *run) next() Status {
	switch r.step {
	case blockHeader:
		return r.readBlockHeader()
	case storedLength:
		return r.readStoredLength()
	case storedBytes:
		return r.copyStored()
	case setSizes:
		return r.readSetSizes()
	case lengthCodeSizes:
		return r.readLengthCodeSizes()
	case codeLengths:
		return r.readCodeLengths()
	case symbols:
		return r.readSymbols()
	case matchBytes:
		return r.copyMatch()
	}
	return Corrupt
}
