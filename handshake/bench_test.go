package handshake

import (
	"fmt"
	"strings"
	"testing"
)

// The rival's figures, BenchmarkUpgradeGobwas, are beside the oracle.
func BenchmarkUpgrade(b *testing.B) {
	head := []byte(clients["Chromium"])
	out := make([]byte, 0, 512)
	var r Request
	b.ReportAllocs()
	for b.Loop() {
		r.Reset()
		if n, err := r.Parse(head, Limits{}); n != len(head) || err != nil {
			b.Fatal(n, err)
		}
		out, _ = AppendResponse(out[:0], &r, Accept{})
	}
}

func BenchmarkParse(b *testing.B) {
	for name, head := range map[string]string{"Chromium": clients["Chromium"], "Firefox": clients["Firefox"], "curl": clients["curl"]} {
		b.Run(name, func(b *testing.B) {
			bytes := []byte(head)
			var r Request
			b.SetBytes(int64(len(head)))
			b.ReportAllocs()
			for b.Loop() {
				r.Reset()
				if n, err := r.Parse(bytes, Limits{}); n != len(head) || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// The work of a head that comes byte by byte must grow as its length does.
func BenchmarkParseByteByByte(b *testing.B) {
	for _, size := range []int{1 << 10, 4 << 10, 16 << 10} {
		head := []byte(request("X-Filler: " + strings.Repeat("x", size)))
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(int64(len(head)))
			for b.Loop() {
				var r Request
				for k := range len(head) + 1 {
					r.Parse(head[:k], Limits{Head: 32 << 10})
				}
				if r.Method() == "" {
					b.Fatal("incomplete")
				}
			}
		})
	}
}

func BenchmarkSameOrigin(b *testing.B) {
	var r Request
	r.Parse([]byte(clients["Chromium"]), Limits{})
	b.ReportAllocs()
	for b.Loop() {
		if !SameOrigin(&r) {
			b.Fatal("refused")
		}
	}
}
