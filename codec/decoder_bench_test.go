package codec

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkDecodeClient decodes whole frames as a client gets them: without a
// mask.
func BenchmarkDecodeClient(b *testing.B) {
	for _, size := range []int{16, 125, 1 << 10, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			stream := fromPeer(client, Binary, strings.Repeat("x", size))
			d := NewDecoder(client)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, n, err := d.Next(stream); n != len(stream) || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// BenchmarkDecodeSplit decodes frames whose second half comes with the next
// read, so that they have to be gathered.
func BenchmarkDecodeSplit(b *testing.B) {
	for _, size := range []int{16, 125, 1 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			original := maskedZero(Text, strings.Repeat("x", size))
			stream := make([]byte, len(original))
			d := NewDecoder(server)
			defer d.Release()
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				copy(stream, original)
				d.Next(stream[:len(stream)/2])
				if _, payload, _, err := d.Next(stream[len(stream)/2:]); len(payload) != size || err != nil {
					b.Fatal(len(payload), err)
				}
			}
		})
	}
}
