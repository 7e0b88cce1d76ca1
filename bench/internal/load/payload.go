package load

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
)

// payloads makes messages that tell which connection sent them, and as the
// how-manieth: no reply can pass for another. Making and comparing one costs
// little more than a copy.
type payloads struct {
	size, more int    // of the smallest message, and by how much the largest is larger
	pattern    []byte // pseudo-random; a message is a piece of it, after the key
}

const offsets = 1 << 16 // of pieces in the pattern

func newPayloads(smallest, largest int) payloads {
	largest = max(smallest, largest)
	p := payloads{smallest, largest - smallest, make([]byte, largest+offsets)}
	rand.NewChaCha8([32]byte{}).Read(p.pattern)
	return p
}

// append appends message seq of a connection.
func (p *payloads) append(b []byte, conn, seq uint64) []byte {
	key, rest, size := p.parts(conn, seq)
	b = append(b, key[:min(len(key), size)]...)
	return append(b, rest...)
}

// match reports whether b is message seq of a connection.
func (p *payloads) match(b []byte, conn, seq uint64) bool {
	key, rest, size := p.parts(conn, seq)
	n := min(len(key), size)
	return len(b) == size && bytes.Equal(b[:n], key[:n]) && bytes.Equal(b[n:], rest)
}

// parts gives what a message consists of: a key, to be cut to the message's
// size, and the rest.
func (p *payloads) parts(conn, seq uint64) (key [8]byte, rest []byte, size int) {
	k := mix(conn<<40 + seq)
	binary.LittleEndian.PutUint64(key[:], k)
	size = p.size + int(k>>16%uint64(p.more+1))
	from := int(k % offsets)
	return key, p.pattern[from : from+max(size-len(key), 0)], size
}

// mix is the finalizer of splitmix64: one to one, each bit of the result
// depending on all of x, so that even short messages differ.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
