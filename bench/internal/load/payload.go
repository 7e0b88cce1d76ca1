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
	size    int
	pattern []byte // pseudo-random; a message is a piece of it, after the key
}

const offsets = 1 << 16 // of pieces in the pattern

func newPayloads(size int) payloads {
	p := payloads{size, make([]byte, size+offsets)}
	rand.NewChaCha8([32]byte{}).Read(p.pattern)
	return p
}

// write fills b, of the messages' size, with message seq of a connection.
func (p *payloads) write(b []byte, conn, seq uint64) {
	key, rest := p.parts(conn, seq)
	copy(b[copy(b, key[:]):], rest)
}

// match reports whether b is message seq of a connection.
func (p *payloads) match(b []byte, conn, seq uint64) bool {
	key, rest := p.parts(conn, seq)
	n := min(len(key), p.size)
	return len(b) == p.size && bytes.Equal(b[:n], key[:n]) && bytes.Equal(b[n:], rest)
}

// parts gives what a message consists of: a key, cut to the messages' size,
// and the rest.
func (p *payloads) parts(conn, seq uint64) (key [8]byte, rest []byte) {
	k := mix(conn<<40 + seq)
	binary.LittleEndian.PutUint64(key[:], k)
	from := int(k % offsets)
	return key, p.pattern[from : from+max(p.size-len(key), 0)]
}

// mix is the finalizer of splitmix64: one to one, each bit of the result
// depending on all of x, so that even short messages differ.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
