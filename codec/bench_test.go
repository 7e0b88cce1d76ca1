package codec

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkDecode decodes frames that lie whole in the read buffer.
func BenchmarkDecode(b *testing.B) {
	for _, size := range []int{16, 125, 1 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprint("binary/", size), func(b *testing.B) {
			benchmarkDecode(b, fromPeer(server, Binary, strings.Repeat("x", size)))
		})
	}
	for _, size := range []int{16, 125, 1 << 10, 64 << 10} {
		b.Run(fmt.Sprint("text/", size), func(b *testing.B) {
			benchmarkDecode(b, maskedZero(Text, strings.Repeat("x", size)))
		})
	}
	b.Run("ping", func(b *testing.B) { benchmarkDecode(b, fromPeer(server, Ping, "12345678")) })
}

// maskedZero encodes a frame that decoding in place leaves as it is.
func maskedZero(op Opcode, payload string) []byte {
	return AppendMaskedFrame(nil, op, []byte(payload), [4]byte{})
}

func benchmarkDecode(b *testing.B, stream []byte) {
	d := NewDecoder(server)
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		d.Reset(server)
		if _, _, n, err := d.Next(stream); n != len(stream) || err != nil {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkDecodeBatch decodes a read buffer full of small frames; the time is
// for each frame.
func BenchmarkDecodeBatch(b *testing.B) {
	frame := maskedZero(Text, "a chat message, say")
	stream := []byte(strings.Repeat(string(frame), 1000))
	d := NewDecoder(server)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	rest := stream
	for b.Loop() {
		_, _, n, err := d.Next(rest)
		if err != nil {
			b.Fatal(err)
		}
		if rest = rest[n:]; len(rest) == 0 {
			rest = stream
		}
	}
}

// BenchmarkDecodePieces decodes a message that comes in pieces of 64 KiB, read
// into memory of the caller's or of the decoder's. A copy stands for the read.
func BenchmarkDecodePieces(b *testing.B) {
	stream := maskedZero(Binary, strings.Repeat("x", 1<<20))
	in := make([]byte, 64<<10)
	for _, direct := range []bool{false, true} {
		b.Run(fmt.Sprint("direct=", direct), func(b *testing.B) {
			d := NewDecoder(server)
			defer d.Release()
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				if got := decodePieces(d, stream, in, direct); got != 1<<20 {
					b.Fatal(got)
				}
			}
		})
	}
}

func decodePieces(d *Decoder, stream, in []byte, direct bool) (got int) {
	var payload []byte
	for len(stream) > 0 {
		var room []byte
		if direct {
			room = d.Room()
		}
		var n int
		if room != nil {
			n = copy(room, stream[:min(len(in), len(stream))])
			_, payload, _ = d.Filled(n)
		} else {
			_, payload, n, _ = d.Next(in[:copy(in, stream)])
		}
		stream = stream[n:]
	}
	return len(payload)
}

// BenchmarkDecodeFragments decodes a message of 16 fragments.
func BenchmarkDecodeFragments(b *testing.B) {
	original := fragments(server, Text, 16, 100)
	stream := make([]byte, len(original))
	d := NewDecoder(server)
	defer d.Release()
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		copy(stream, original)
		if _, payload, n, err := d.Next(stream); len(payload) != 1600 || n != len(stream) || err != nil {
			b.Fatal(len(payload), n, err)
		}
	}
}

// fragments encodes a message of count fragments of size bytes.
func fragments(cfg *Config, op Opcode, count, size int) []byte {
	var stream []byte
	for i := range count {
		stream = append(stream, fragmentFromPeer(cfg, op, i == count-1, strings.Repeat("x", size))...)
		op = Continuation
	}
	return stream
}

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{16, 125, 1 << 10, 64 << 10} {
		payload := make([]byte, size)
		buf := make([]byte, 0, size+MaxHeaderSize)
		b.Run(fmt.Sprint("server/", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				AppendFrame(buf, Binary, payload)
			}
		})
		b.Run(fmt.Sprint("client/", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				AppendMaskedFrame(buf, Binary, payload, [4]byte{1, 2, 3, 4})
			}
		})
	}
}

func BenchmarkUTF8(b *testing.B) {
	texts := map[string]string{
		"ascii": strings.Repeat("the quick brown fox jumps over the lazy dog. ", 1500),
		"mixed": strings.Repeat("die Äpfel, größer als 5 €, liegen über dem 🍎-Korb. ", 1200),
	}
	for name, text := range texts {
		for _, piece := range []int{64 << 10, 1000} {
			b.Run(fmt.Sprint(name, "/", piece), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					var u UTF8
					for rest := []byte(text); len(rest) > 0; rest = rest[min(len(rest), piece):] {
						u.Valid(rest[:min(len(rest), piece)])
					}
					if !u.Complete() {
						b.Fatal("invalid")
					}
				}
			})
		}
	}
}
