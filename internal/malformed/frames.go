package malformed

import (
	"encoding/binary"
	"iter"
	"math"
)

// Stream is what a client sends once its connection is open, up to a Close
// frame of its own, which comes too late if something is wrong before.
type Stream struct {
	Kind   string // what is wrong with it
	Limits Limits // for which it is made
	Bytes  []byte
	Want   Verdict // what a server must make of it
}

// Limits are those of a server.
type Limits struct{ MaxMessage, MaxFragments int }

// Small and Large are the limits for which streams are made: nearly all for
// Small; for Large are those with messages whose length needs 64 bits.
var (
	Small = Limits{MaxMessage: 300, MaxFragments: 8}
	Large = Limits{MaxMessage: 70_000, MaxFragments: 100}
)

// Opcodes, RFC 6455 section 5.2.
const (
	Continuation = 0x0
	Text         = 0x1
	Binary       = 0x2
	Close        = 0x8
	Ping         = 0x9
	Pong         = 0xa
)

// Streams gives n streams, no two of which are the same.
func Streams(n int) iter.Seq[Stream] {
	make := func(s source) (Stream, []byte) {
		stream := s.stream()
		stream.Want = stream.Limits.Judge(stream.Bytes)
		return stream, stream.Bytes
	}
	return distinct(n, make, func(s Stream) bool { return !s.Want.Undecided })
}

// StreamKinds gives all kinds of streams.
func StreamKinds() []string {
	kinds := []string{Valid, mutant}
	for _, k := range streamKinds {
		kinds = append(kinds, k.name)
	}
	return kinds
}

// writer writes a stream.
type writer struct {
	source
	Limits
	b []byte

	open      byte // the message of which fragments were written, or 0
	size      int  // of it
	fragments int  // of it
}

// stream makes a stream: about a quarter have nothing wrong with them.
func (s source) stream() Stream {
	w := &writer{source: s, Limits: Small}
	if s.oneIn(200) {
		w.Limits = Large
	}
	for range s.upTo(3) {
		w.traffic()
	}
	kind := Valid
	switch {
	case s.oneIn(4):
		w.end()
	case s.oneIn(8):
		kind = mutant
		w.traffic()
		w.b = s.mutate(w.b)
	default:
		k := pick(s, streamKinds...)
		kind = k.name
		k.write(w)
		for range s.upTo(2) { // which nobody may see any more
			w.frame(true, 0, Text, s.text(s.upTo(20)))
		}
	}
	w.frame(true, 0, Close, []byte{0x03, 0xe8})
	if kind == Valid {
		w.b = append(w.b, w.afterwards()...)
	}
	return Stream{Kind: kind, Limits: w.Limits, Bytes: w.b}
}

// afterwards gives bytes of any kind, which nobody looks at behind a Close
// frame.
func (w *writer) afterwards() []byte { return w.bytes(pick(w.source, 0, 0, w.upTo(30))) }

func (s source) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.Uint32())
	}
	return b
}

// frame writes a masked frame with the shortest length.
func (w *writer) frame(fin bool, rsv, op byte, payload []byte) {
	w.header(fin, rsv, op, uint64(len(payload)), shortest(len(payload)), true)
	w.payload(payload)
}

// shortest gives the number of bytes in which a length must be written.
func shortest(n int) int {
	switch {
	case n < 126:
		return 0
	case n <= math.MaxUint16:
		return 2
	}
	return 8
}

// header writes a header whose length takes so many bytes behind the second.
func (w *writer) header(fin bool, rsv, op byte, length uint64, size int, masked bool) {
	first, second := rsv<<4|op, byte(0)
	if fin {
		first |= 0x80
	}
	if masked {
		second = 0x80
	}
	switch size {
	case 0:
		w.b = append(w.b, first, second|byte(length))
	case 2:
		w.b = binary.BigEndian.AppendUint16(append(w.b, first, second|126), uint16(length))
	default:
		w.b = binary.BigEndian.AppendUint64(append(w.b, first, second|127), length)
	}
}

// payload writes a mask and what it masks.
func (w *writer) payload(p []byte) {
	mask := pick(w.source, w.bytes(4), w.bytes(4), w.bytes(4), make([]byte, 4))
	w.b = append(w.b, mask...)
	for i, c := range p {
		w.b = append(w.b, c^mask[i%4])
	}
}

// traffic writes something that a client may send.
func (w *writer) traffic() {
	switch w.IntN(7) {
	case 0:
		w.control()
	case 1, 2:
		w.begin()
		w.end()
	case 3:
		w.message(pick(w.source, 0, 1, 125, 126, 127, w.MaxMessage-1, w.MaxMessage))
	case 4:
		w.message(min(w.MaxMessage, pick(w.source, 65535, 65536, 65537)))
	default:
		w.message(w.upTo(40))
	}
}

// message writes a whole message of n bytes, in one frame.
func (w *writer) message(n int) {
	op := w.kind()
	w.frame(true, 0, op, w.content(op, n))
}

func (w *writer) kind() byte { return pick[byte](w.source, Text, Binary) }

func (w *writer) content(op byte, n int) []byte {
	if op == Text {
		return w.text(n)
	}
	return w.bytes(n)
}

func (w *writer) control() {
	w.frame(true, 0, pick[byte](w.source, Ping, Pong), w.bytes(pick(w.source, 0, 1, w.upTo(125), 125)))
}

// begin writes the first fragments of a message, and control frames among
// them. It leaves room for more.
func (w *writer) begin() { w.beginAs(w.kind()) }

func (w *writer) beginAs(op byte) {
	w.open, w.size, w.fragments = op, 0, 0
	for range 1 + w.upTo(2) {
		w.fragment(false, w.content(op, w.upTo(30)))
	}
}

// fragment writes the next one of the open message.
func (w *writer) fragment(fin bool, p []byte) {
	op := byte(Continuation)
	if w.fragments == 0 {
		op = w.open
	}
	w.frame(fin, 0, op, p)
	w.fragments++
	w.size += len(p)
	if fin {
		w.open = 0
	} else if w.oneIn(4) {
		w.control()
	}
}

// end writes the last fragment of a message, if one is open.
func (w *writer) end() {
	if w.open != 0 {
		w.fragment(true, w.content(w.open, w.upTo(30)))
	}
}

// anywhere begins a fragmented message half of the time.
func (w *writer) anywhere() {
	if w.oneIn(2) {
		w.begin()
	}
}

// next gives an opcode with which a data frame may come now.
func (w *writer) next() byte {
	if w.open != 0 {
		return Continuation
	}
	return w.kind()
}
