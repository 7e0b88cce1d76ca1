package codec

import (
	"fmt"
	"testing"
)

func BenchmarkPrepare(b *testing.B) {
	for _, size := range []int{16, 125, 1 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			payload := make([]byte, size)
			b.ReportAllocs()
			for b.Loop() {
				Prepare(Binary, payload)
			}
		})
	}
}
