package deflaters

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/bench/internal/corpus"
)

// load is messages of one kind and size, and what came before them.
type load struct {
	kind    corpus.Kind
	size    int
	history int
}

func (l load) messages(tb testing.TB) (messages [][]byte, history []byte) {
	tb.Helper()
	n := min(max((256<<10)/l.size, 4), 256)
	all, err := corpus.Messages(l.kind, l.size, n+1+l.history/l.size)
	if err != nil {
		tb.Fatal(err)
	}
	history = bytes.Join(all[n:], nil)
	return all[:n], history[len(history)-l.history:]
}

func (l load) String() string { return fmt.Sprintf("%s/%d/history=%d", l.kind, l.size, l.history) }

func loads() (all []load) {
	for _, history := range []int{0, 4 << 10, 32 << 10} {
		for _, kind := range []corpus.Kind{corpus.JSON, corpus.Text} {
			for _, size := range []int{100, 1 << 10, 64 << 10, 1 << 20} {
				if history == 0 || size < 1<<20 {
					all = append(all, load{kind, size, history})
				}
			}
		}
	}
	return all
}

// Whatever is compared must first be right.
func TestAll(t *testing.T) {
	for _, d := range All() {
		deflate, err := d.New()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range loads() {
			if l.size > 64<<10 {
				continue
			}
			messages, history := l.messages(t)
			p := messages[0]
			end := strings.NewReader("\x01\x00\x00\xff\xff")
			got, err := io.ReadAll(flate.NewReaderDict(io.MultiReader(bytes.NewReader(deflate(nil, p, history)), end), history))
			if err != nil || !bytes.Equal(got, p) {
				t.Errorf("%s, %s: %v", d.Name, l, err)
			}
		}
	}
}

func Benchmark(b *testing.B) {
	for _, l := range loads() {
		messages, history := l.messages(b)
		for _, d := range All() {
			b.Run(fmt.Sprintf("%s/%s", l, strings.ReplaceAll(d.Name, " ", "-")), func(b *testing.B) {
				deflate, err := d.New()
				if err != nil {
					b.Fatal(err)
				}
				var out []byte
				in, compressed := 0, 0
				b.SetBytes(int64(l.size))
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					out = deflate(out[:0], messages[i%len(messages)], history)
					in, compressed = in+l.size, compressed+len(out)-4
				}
				b.ReportMetric(float64(compressed)/float64(in), "ratio")
			})
		}
	}
}
