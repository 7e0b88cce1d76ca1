package inflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Compressed by others' code: whatever the level and the kind of text, it comes
// out again, and a stream that was flushed ends between blocks.
func TestStreamsOfCompressFlate(t *testing.T) {
	for _, text := range texts(t) {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 1, 6, 9} {
			for _, end := range []func(*flate.Writer) error{(*flate.Writer).Flush, (*flate.Writer).Close} {
				stream := deflate(t, level, text, nil, end)
				got := testStream(t, stream, nil)
				if !bytes.Equal(got.out, text) || !got.between {
					t.Fatalf("level %d: %.40q", level, text)
				}
			}
		}
	}
}

func deflate(t testing.TB, level int, text, history []byte, end func(*flate.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriterDict(&b, level, history)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(text)
	if err := end(w); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// texts are of many kinds and sizes.
func texts(t testing.TB) [][]byte {
	rng := rand.New(rand.NewPCG(1, 1))
	noise := make([]byte, 3000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	skewed := make([]byte, 8000)
	for i := range skewed {
		skewed[i] = byte(rng.ExpFloat64() * 12) // codes of many lengths
	}
	return [][]byte{
		nil, []byte("a"), []byte("Hello"), noise, skewed,
		bytes.Repeat([]byte("a"), 5000), bytes.Repeat([]byte("abc"), 400),
		goSource(t)[:300], goSource(t)[:10000],
		[]byte(jsonText(100)), []byte(jsonText(3000)),
	}
}

// goSource is English and code: this package's and the one around it.
func goSource(t testing.TB) (text []byte) {
	files, _ := filepath.Glob("../../*.go")
	own, _ := filepath.Glob("*.go")
	for _, file := range append(files, own...) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, b...)
	}
	return text
}

// jsonText makes a feed of trades, the same each time, of size bytes.
func jsonText(size int) string {
	rng := rand.New(rand.NewPCG(5, 5))
	symbols := strings.Fields("AAPL MSFT GOOG AMZN NVDA TSLA META NFLX BTC-EUR ETH-USD")
	var b strings.Builder
	for b.Len() < size {
		fmt.Fprintf(&b, `{"type":"trade","symbol":%q,"price":%.2f,"size":%d,"time":"2026-11-%02dT%02d:%02d:%02d.%03dZ","id":%d,"maker":%t},`,
			symbols[rng.IntN(len(symbols))], rng.Float64()*500, 1+rng.IntN(900), 1+rng.IntN(28), rng.IntN(24), rng.IntN(60),
			rng.IntN(60), rng.IntN(1000), 1000000+rng.IntN(9000000), rng.IntN(2) == 0)
	}
	return b.String()[:size]
}
