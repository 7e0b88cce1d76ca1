package inflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"testing"
)

// BenchmarkInflate decodes messages of JSON and of Go source beside
// compress/flate.
func BenchmarkInflate(b *testing.B) {
	source := goSource(b)
	for len(source) < 1<<20 {
		source = append(source, source...)
	}
	for _, size := range []int{100, 300, 1 << 10, 64 << 10, 1 << 20} {
		for _, text := range [][]byte{[]byte(jsonText(size)), source[:size]} {
			kind := map[bool]string{true: "json", false: "go"}[text[0] == '{']
			stream := deflate(b, flate.DefaultCompression, text, nil, (*flate.Writer).Flush)
			b.Run(fmt.Sprintf("%s/%d/by=sockeye", kind, size), func(b *testing.B) { benchmark(b, stream, size) })
			b.Run(fmt.Sprintf("%s/%d/by=flate", kind, size), func(b *testing.B) { benchmarkFlate(b, stream, size) })
		}
	}
}

func benchmark(b *testing.B, stream []byte, size int) {
	z, out := new(Inflater), make([]byte, 0, size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		z.Reset()
		out, _, _ = z.Inflate(out[:0], stream, nil)
		if len(out) != size || !z.Between() {
			b.Fatal(len(out))
		}
	}
}

func benchmarkFlate(b *testing.B, stream []byte, size int) {
	in, zr, out := bytes.NewReader(nil), flate.NewReader(nil), make([]byte, size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		in.Reset(stream)
		zr.(flate.Resetter).Reset(in, nil)
		if _, err := io.ReadFull(zr, out); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBlocks decodes blocks of nothing; the time is for each block.
func BenchmarkBlocks(b *testing.B) {
	for _, kind := range blocksOfNothing {
		b.Run(kind.name, func(b *testing.B) {
			w := new(writer)
			const blocks = 1000
			for range blocks {
				w = kind.add(w)
			}
			stream := w.stored("").stream
			z := new(Inflater)
			for b.Loop() {
				z.Reset()
				if z.Inflate(nil, stream, nil); !z.Between() {
					b.Fatal("corrupt")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/blocks, "ns/block")
			b.ReportMetric(float64(len(stream))/blocks, "B/block")
		})
	}
}
