package secure

import (
	"bytes"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
)

// What is sent is a message, and its echo is the same payload from a server.
func TestMessage(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 1 << 10, largestInOneRecord, 65535, 65536, 1 << 20} {
		m := newMessage(size)
		for _, side := range []struct {
			role codec.Role
			b    []byte
		}{{codec.Server, bytes.Clone(m.frame)}, {codec.Client, bytes.Clone(m.echo)}} {
			d := codec.NewDecoder(&codec.Config{Role: side.role, MaxMessage: 2 << 20})
			op, payload, n, err := d.Next(side.b)
			if err != nil || op != codec.Binary || len(payload) != size || n != len(side.b) {
				t.Errorf("%d bytes: opcode %d with %d bytes of payload, %v", size, op, len(payload), err)
			}
			d.Release()
		}
	}
	if len(frame(largestInOneRecord)) != 16<<10 {
		t.Error("the largest record is another one")
	}
}
