package deflaters

import (
	"bytes"
	"compress/flate"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/corpus"
	"github.com/sockeye-ws/sockeye/codec"
	"golang.org/x/sys/unix"
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

var table = flag.Bool("table", false, "print the tables of docs/compression.md (some minutes)")

// TestTable measures processor time instead of time, and takes the least of
// several rounds: so it can be repeated on a machine that has other work.
func TestTable(t *testing.T) {
	if !*table {
		t.Skip("without -table")
	}
	for history, l := range slices.All([]string{"none", "4 KiB", "32 KiB"}) {
		size := []int{0, 4 << 10, 32 << 10}[history]
		fmt.Printf("\nHistory: %s\n\n", l)
		printTable(t, slices.DeleteFunc(loads(), func(l load) bool { return l.history != size }))
	}
	fmt.Printf("\nMemory\n\n")
	printMemory(t)
	fmt.Printf("\nSizes\n\n")
	printSizes(t)
	fmt.Printf("\nWindows\n\n")
	printWindows(t)
}

// printSizes prints from which size on messages are worth it.
func printSizes(t *testing.T) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	defer w.Flush()
	fmt.Fprint(w, "| \t| json\t| json, history\t| text\t| text, history\t|\n|---\t|---:\t|---:\t|---:\t|---:\t|\n")
	for _, size := range []int{64, 100, 128, 192, 256, 384, 512, 768, 1 << 10} {
		fmt.Fprintf(w, "| %s\t", bytesText(size))
		for _, kind := range []corpus.Kind{corpus.JSON, corpus.Text} {
			for _, history := range []int{0, 32 << 10} {
				perMessage, ratio := measure(t, ours(1), load{kind, size, history})
				fmt.Fprintf(w, "| %s, %.2f\t", rounded(perMessage), ratio)
			}
		}
		fmt.Fprint(w, "|\n")
	}
}

// printWindows prints what a smaller window costs, at level 1.
func printWindows(t *testing.T) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	defer w.Flush()
	fmt.Fprint(w, "| bits\t| json 100 B, history\t| json 1 KiB, history\t| text 1 KiB, history\t| json 64 KiB\t| text 64 KiB\t|\n|---:\t|---:\t|---:\t|---:\t|---:\t|---:\t|\n")
	for bits := 8; bits <= 15; bits++ {
		window := Deflater{New: func() (func(b, p, history []byte) []byte, error) {
			z, err := codec.NewDeflater(1, bits)
			return func(b, p, history []byte) []byte { return z.Append(b, p, history, false) }, err
		}}
		fmt.Fprintf(w, "| %d\t", bits)
		for _, l := range []load{{corpus.JSON, 100, 32 << 10}, {corpus.JSON, 1 << 10, 32 << 10}, {corpus.Text, 1 << 10, 32 << 10}, {corpus.JSON, 64 << 10, 0}, {corpus.Text, 64 << 10, 0}} {
			_, ratio := measure(t, window, l)
			fmt.Fprintf(w, "| %.2f\t", ratio)
		}
		fmt.Fprint(w, "|\n")
	}
}

func printTable(t *testing.T, columns []load) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	defer w.Flush()
	fmt.Fprint(w, "| \t")
	for _, l := range columns {
		fmt.Fprintf(w, "| %s %s\t", l.kind, bytesText(l.size))
	}
	fmt.Fprintf(w, "|\n|---\t%s|\n", strings.Repeat("|---:\t", len(columns)))
	for _, d := range All() {
		fmt.Fprintf(w, "| %s\t", d.Name)
		for _, l := range columns {
			perMessage, ratio := measure(t, d, l)
			fmt.Fprintf(w, "| %s, %.2f\t", rounded(perMessage), ratio)
		}
		fmt.Fprint(w, "|\n")
	}
}

func bytesText(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

func rounded(d time.Duration) string {
	switch {
	case d < 10*time.Microsecond:
		return d.Round(100 * time.Nanosecond).String()
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	}
	return d.Round(100 * time.Microsecond).String()
}

const (
	rounds = 7
	round  = 12 * time.Millisecond
)

// measure gives the processor time for a message, and its compressed size as a
// part of its size.
func measure(t *testing.T, d Deflater, l load) (perMessage time.Duration, ratio float64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	messages, history := l.messages(t)
	deflate, err := d.New()
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	compressed := 0
	for _, p := range messages {
		out = deflate(out[:0], p, history)
		compressed += len(out) - 4
	}
	perMessage = time.Hour
	for range rounds {
		n, start := 0, threadTime(t)
		for threadTime(t)-start < round {
			for range min(max((16<<10)/l.size, 1), 16) {
				out = deflate(out[:0], messages[n%len(messages)], history)
				n++
			}
		}
		perMessage = min(perMessage, (threadTime(t)-start)/time.Duration(n))
	}
	return perMessage, float64(compressed) / float64(len(messages)*l.size)
}

func threadTime(t *testing.T) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// printMemory prints what a compressor allocates before it has done its first
// two messages, without a history and with one, and then for each further one.
func printMemory(t *testing.T) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	defer w.Flush()
	fmt.Fprint(w, "| \t| a compressor\t| with a history\t| a message\t| with a history\t|\n|---\t|---:\t|---:\t|---:\t|---:\t|\n")
	messages, history := load{corpus.JSON, 1 << 10, 32 << 10}.messages(t)
	for _, d := range All() {
		fmt.Fprintf(w, "| %s\t", d.Name)
		var first, later [2]uint64
		for i, history := range [][]byte{nil, history} {
			out := make([]byte, 0, 8<<10)
			var deflate func(b, p, history []byte) []byte
			first[i] = allocated(func() {
				deflate, _ = d.New()
				deflate(out, messages[0], history)
				deflate(out, messages[1], history)
			})
			later[i] = allocated(func() {
				for _, p := range messages[:100] {
					deflate(out, p, history)
				}
			}) / 100
		}
		fmt.Fprintf(w, "| %d KiB\t| %d KiB\t| %d B\t| %d B\t|\n", first[0]>>10, first[1]>>10, later[0], later[1])
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
