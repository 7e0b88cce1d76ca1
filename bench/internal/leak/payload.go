package leak

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"github.com/sockeye-ws/sockeye/codec"
)

// Message is one that a connection sends: all about it follows from the two
// numbers, so that its reply can be checked to the byte, and bytes that turn
// up elsewhere can be traced to it.
type Message struct {
	Conn uint32 // connections are numbered in the order in which they are opened
	Seq  uint32 // of the connection's messages; or of its pings, above pingSeq
}

// The parts of a label, from its highest bits: connection, message, and the
// word's place in that.
const (
	seqBits   = 20
	placeBits = 14

	maxConns   = 1 << (labelBits - placeBits - seqBits)
	pingSeq    = 1 << (seqBits - 1)
	maxPayload = wordSize << placeBits
)

// sumSize is the size of the checksum at the end of a message, which those that
// are shorter than leastSummed lack.
const (
	sumSize     = 4
	leastSummed = 2*wordSize + sumSize
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (m Message) label() uint64 {
	return (uint64(m.Conn)<<seqBits | uint64(m.Seq)) << placeBits
}

// shape gives the message's opcode and size. Most are small, one of 16 is up to
// 2 KiB, one of 256 up to 16 KiB, and one of 4,096 from 64 to 128 KiB.
func (m Message) shape() (op codec.Opcode, size int) {
	h := int(scramble(m.label() | 1<<(placeBits-1)))
	if m.Seq >= pingSeq {
		return codec.Ping, wordSize + h%(codec.MaxControlPayload-wordSize+1)
	}
	op = codec.Text
	if h&1 == 0 {
		op = codec.Binary
	}
	kind, size := h>>1, h>>16
	switch {
	case kind%4096 == 0:
		return op, maxPayload/2 + size%(maxPayload/2)
	case kind%256 == 0:
		return op, 2<<10 + size%(14<<10)
	case kind%16 == 0:
		return op, 126 + size%(2<<10-126)
	}
	return op, size % 126
}

// Append appends the message's payload.
func (m Message) Append(b []byte) []byte {
	op, size := m.shape()
	start := len(b)
	b = m.words(b, size, op)
	if size >= leastSummed && op != codec.Ping {
		end := len(b) - sumSize
		sum := crc32.Checksum(b[start:end], castagnoli) & 0x7f7f7f7f // also a text
		binary.LittleEndian.PutUint32(b[end:], sum)
	}
	return b
}

// words appends size bytes of the message's words.
func (m Message) words(b []byte, size int, op codec.Opcode) []byte {
	whole := (size + wordSize - 1) &^ (wordSize - 1)
	b = slices.Grow(b, whole)
	row, label := b[len(b):len(b)+whole], m.label()
	if op == codec.Text {
		for ; len(row) >= wordSize; row = row[wordSize:] {
			binary.LittleEndian.PutUint64(row, textWord(label))
			label++
		}
	} else {
		for ; len(row) >= wordSize; row = row[wordSize:] {
			binary.LittleEndian.PutUint64(row, binaryWord(label))
			label++
		}
	}
	return b[:len(b)+size]
}

// intact reports whether a payload is a whole message with the right checksum.
func intact(payload []byte) bool {
	end := len(payload) - sumSize
	return len(payload) >= leastSummed &&
		crc32.Checksum(payload[:end], castagnoli)&0x7f7f7f7f == binary.LittleEndian.Uint32(payload[end:])
}

// piece is a place within a message.
type piece struct {
	Message
	offset int
}

// trace finds the first place in b, near its beginning, of which can be told
// where it is from: two words that follow each other prove it.
func trace(b []byte) (at int, p piece, ok bool) {
	for at = range 2 * wordSize {
		if len(b) < at+2*wordSize {
			break
		}
		first, second := labelAt(b[at:]), labelAt(b[at+wordSize:])
		if p = pieceOf(first); second == first+1 && p.offset+wordSize < maxPayload {
			return at, p, true
		}
	}
	return 0, piece{}, false
}

// owner finds what message begins with b, whose first word is enough for that.
func owner(b []byte) (m Message, ok bool) {
	if len(b) < wordSize {
		return Message{}, false
	}
	p := pieceOf(labelAt(b))
	return p.Message, p.offset == 0
}

func labelAt(b []byte) uint64 { return labelOf(binary.LittleEndian.Uint64(b)) }

func pieceOf(label uint64) piece {
	return piece{
		Message{uint32(label >> (placeBits + seqBits)), uint32(label >> placeBits & (1<<seqBits - 1))},
		int(label&(1<<placeBits-1)) * wordSize,
	}
}
