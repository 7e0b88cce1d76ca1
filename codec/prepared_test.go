package codec

import (
	"bytes"
	"testing"
)

func TestPrepared(t *testing.T) {
	for _, size := range []int{0, 5, 126, 65536} {
		payload := bytes.Repeat([]byte("x"), size)
		p := Prepare(Binary, payload)
		for i := range payload {
			payload[i] = 'y'
		}
		want := bytes.Repeat([]byte("x"), size)
		if p.Opcode() != Binary || !bytes.Equal(p.Payload(), want) || !bytes.Equal(p.Frame(), AppendFrame(nil, Binary, want)) {
			t.Errorf("%d bytes: %d, %d bytes of payload, %d of frame", size, p.Opcode(), len(p.Payload()), len(p.Frame()))
		}
	}
}
