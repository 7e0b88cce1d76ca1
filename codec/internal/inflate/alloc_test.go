package inflate

import (
	"compress/flate"
	"testing"
	"unsafe"
)

func TestNoAllocations(t *testing.T) {
	text := goSource(t)[:20000]
	stream := deflate(t, 6, text, nil, (*flate.Writer).Flush)
	z, out := new(Inflater), make([]byte, 0, len(text))
	n := testing.AllocsPerRun(100, func() {
		z.Reset()
		for i := 0; i < len(stream); i += 100 {
			out, _, _ = z.Inflate(out[:min(i, len(out))], stream[i:min(i+100, len(stream))], nil)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Each message under way has one, beside its bytes.
func TestSize(t *testing.T) {
	if size := unsafe.Sizeof(Inflater{}); size > 8<<10 {
		t.Errorf("%d bytes", size)
	}
}
