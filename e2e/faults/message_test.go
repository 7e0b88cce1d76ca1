package faults

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// headSize is the least size of a message: its connection and its number.
const headSize = 12

// message gives message number seq of connection id. No two have the same
// bytes.
func message(id uint32, seq uint64, size int) []byte {
	b := make([]byte, max(size, headSize)+8)
	binary.BigEndian.PutUint32(b, id)
	binary.BigEndian.PutUint64(b[4:], seq)
	noise := rand.NewPCG(uint64(id), seq)
	for i := headSize; i+8 <= len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], noise.Uint64())
	}
	return b[:max(size, headSize)]
}

// wrongError is an answer that must never come, whatever has failed.
type wrongError struct{ text string }

func (e *wrongError) Error() string { return e.text }

// verify compares an answer with what was sent.
func verify(got []byte, id uint32, seq uint64, size int) error {
	want := message(id, seq, size)
	if bytes.Equal(got, want) {
		return nil
	}
	text := fmt.Sprintf("connection %d wants message %d of %d bytes, and got %d bytes", id, seq, len(want), len(got))
	if len(got) >= headSize {
		text += fmt.Sprintf(", which say they are message %d of connection %d", binary.BigEndian.Uint64(got[4:]), binary.BigEndian.Uint32(got))
	}
	same := 0
	for same < min(len(got), len(want)) && got[same] == want[same] {
		same++
	}
	return &wrongError{fmt.Sprintf("%s, equal up to offset %d", text, same)}
}
