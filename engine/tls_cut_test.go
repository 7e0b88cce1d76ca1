package engine

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/sockeye-ws/sockeye/pool"
)

// naiveRecords cuts a stream that is there as a whole, up to what is no record.
func naiveRecords(stream []byte) (records [][]byte, left []byte) {
	for len(stream) >= 5 {
		n := 5 + int(binary.BigEndian.Uint16(stream[3:]))
		if n > 5+18432 || n > len(stream) {
			break
		}
		records, stream = append(records, stream[:n]), stream[n:]
	}
	return records, stream
}

func invalid(b []byte) bool {
	return len(b) >= 5 && binary.BigEndian.Uint16(b[3:]) > 18432
}

// checkCut has stream come in chunks of the sizes that splits gives, in turn.
func checkCut(t *testing.T, stream, splits []byte) {
	t.Helper()
	want, left := naiveRecords(stream)
	state := new(tlsState)
	defer func() { pool.Put(state.rest) }()
	for i := 0; len(stream) > 0; i++ {
		n := len(stream)
		if len(splits) > 0 {
			n = min(1+int(splits[i%len(splits)]), n)
		}
		b := stream[:n]
		stream = stream[n:]
		for len(b) > 0 {
			record, own, rest := state.cut(b)
			if record == nil {
				b = rest
				break
			}
			if invalid(record) {
				pool.Put(own)
				if len(want) > 0 {
					t.Fatalf("%d records less than there are", len(want))
				}
				return
			}
			if len(want) == 0 || !bytes.Equal(record, want[0]) {
				t.Fatalf("got % x, which is not the next of %d records", record, len(want))
			}
			want = want[1:]
			pool.Put(own)
			b = rest
		}
		state.keep(b)
	}
	if len(want) > 0 {
		t.Fatalf("%d records less than there are", len(want))
	}
	var kept []byte
	if state.rest != nil {
		kept = state.rest.B
	}
	if !bytes.Equal(kept, left) {
		t.Fatalf("kept %d bytes of an incomplete record, want %d", len(kept), len(left))
	}
}

func recordOf(size int) []byte {
	b := []byte{23, 3, 3, 0, 0}
	binary.BigEndian.PutUint16(b[3:], uint16(size))
	for i := range size {
		b = append(b, byte(i))
	}
	return b
}

// Records come whole, whatever they come in.
func TestCutRecords(t *testing.T) {
	var stream []byte
	for _, size := range []int{0, 1, 2, 30, 0, 0, 300, 5} {
		stream = append(stream, recordOf(size)...)
	}
	for end := range len(stream) + 1 {
		checkCut(t, stream[:end], nil)
		checkCut(t, stream[:end], []byte{0})
		checkCut(t, stream[:end], []byte{byte(end), 3, 0})
	}
	for split := range len(stream) - 1 {
		checkCut(t, stream, []byte{byte(split), 255})
	}
	for _, broken := range []string{"abcdefghijkl", "\x17\x03\x03\x48\x01", "\x17\x03\x03\xff\xff"} {
		checkCut(t, append(bytes.Clone(stream), broken...), []byte{7})
	}
	checkCut(t, recordOf(18432), []byte{255})
}

func FuzzCutRecords(f *testing.F) {
	f.Add(append(recordOf(3), recordOf(100)...), []byte{1, 2, 3})
	f.Add([]byte("GET / HTTP/1.1\r\n"), []byte{3})
	f.Fuzz(checkCut)
}
