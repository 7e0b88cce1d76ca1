package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// compressSizes are those at which a frame's header changes, and those around
// what is compressed at a time.
var compressSizes = []int{0, 1, 125, 126, 1 << 10, 64 << 10, 64<<10 + 1, 1 << 20}

// reading is what the JSON messages consist of.
type reading struct {
	Sensor string
	At     int
	Value  float64
	Note   string
}

// document gives JSON of size bytes, cut where it must be. It is another one
// for each seed.
func document(size int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, 0, size+100)
	for at := 0; len(b) < size; at++ {
		line, _ := json.Marshal(reading{"boiler room", at, r.Float64(), "within limits"}) // cannot fail
		b = append(append(b, line...), '\n')
	}
	return b[:size]
}

// random gives bytes that cannot be compressed.
func random(size int, seed uint64) []byte {
	source := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	b := make([]byte, size)
	_, _ = source.Read(b) // cannot fail
	return b
}

// exchange echoes messages of each size: JSON as a text and as a binary one,
// and random bytes.
func exchange(t *testing.T, echo func(message)) {
	t.Helper()
	for i, size := range compressSizes {
		echo(message{true, document(size, uint64(i))})
		echo(message{false, random(size, uint64(i))})
		echo(message{false, document(size, uint64(i))})
	}
}

// alike are short messages that say nearly the same.
func alike() (messages []message) {
	for i := range 100 {
		messages = append(messages, message{true, document(200+i, uint64(i))})
	}
	return messages
}

func totalBytes(messages []message) (n int64) {
	for _, m := range messages {
		n += int64(len(m.data))
	}
	return n
}
