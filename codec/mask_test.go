package codec

import (
	"bytes"
	"fmt"
	"testing"
)

func TestMaskAgainstByteByByte(t *testing.T) {
	mask := [4]byte{0x12, 0x34, 0xA5, 0xF0}
	for size := range 300 {
		for offset := range 9 {
			p := bytes.Repeat([]byte("sockeye"), 50)[:size]
			want := bytes.Clone(p)
			for i := range want {
				want[i] ^= mask[(i+offset)%4]
			}
			applyMask(p, mask, offset)
			if !bytes.Equal(p, want) {
				t.Fatalf("%d bytes at offset %d: got %x, want %x", size, offset, p, want)
			}
		}
	}
}

func BenchmarkMask(b *testing.B) {
	for _, size := range []int{3, 8, 15, 32, 63, 64, 100, 125, 127, 256, 1 << 10, 64 << 10} {
		p := make([]byte, size)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				applyMask(p, [4]byte{1, 2, 3, 4}, 0)
			}
		})
	}
}
