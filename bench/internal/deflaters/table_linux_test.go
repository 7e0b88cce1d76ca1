package deflaters

import (
	"flag"
	"fmt"
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
				fmt.Fprintf(w, "| %s\t", measure(t, []Deflater{ours(1)}, load{kind, size, history})[0])
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
			fmt.Fprintf(w, "| %.2f\t", measure(t, []Deflater{window}, l)[0].ratio)
		}
		fmt.Fprint(w, "|\n")
	}
}

func printTable(t *testing.T, columns []load) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	defer w.Flush()
	all := All()
	fmt.Fprint(w, "| \t")
	cells := make([][]cell, len(columns))
	for i, l := range columns {
		fmt.Fprintf(w, "| %s %s\t", l.kind, bytesText(l.size))
		cells[i] = measure(t, all, l)
	}
	fmt.Fprintf(w, "|\n|---\t%s|\n", strings.Repeat("|---:\t", len(columns)))
	for k, d := range all {
		fmt.Fprintf(w, "| %s\t", d.Name)
		for i := range columns {
			fmt.Fprintf(w, "| %s\t", cells[i][k])
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
	round  = 10 * time.Millisecond
)

// cell is the processor time for a message, and its compressed size as a part
// of its size.
type cell struct {
	perMessage time.Duration
	ratio      float64
}

func (c cell) String() string { return fmt.Sprintf("%s, %.2f", rounded(c.perMessage), c.ratio) }

// measure has all take turns, so that they share what else the machine does.
func measure(t *testing.T, all []Deflater, l load) []cell {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	messages, history := l.messages(t)
	cells := make([]cell, len(all))
	for n := range rounds {
		for i, d := range all {
			deflate, err := d.New()
			if err != nil {
				t.Fatal(err)
			}
			ratio := ratioOf(deflate, messages, history)
			if perMessage := timeOf(t, deflate, messages, history); n == 0 || perMessage < cells[i].perMessage {
				cells[i] = cell{perMessage, ratio}
			}
		}
	}
	return cells
}

func ratioOf(deflate func(b, p, history []byte) []byte, messages [][]byte, history []byte) float64 {
	var out []byte
	in, compressed := 0, 0
	for _, p := range messages[:min(len(messages), 64)] {
		out = deflate(out[:0], p, history)
		in, compressed = in+len(p), compressed+len(out)-4
	}
	return float64(compressed) / float64(in)
}

func timeOf(t *testing.T, deflate func(b, p, history []byte) []byte, messages [][]byte, history []byte) time.Duration {
	var out []byte
	n, start := 0, threadTime(t)
	for threadTime(t)-start < round {
		for range min(max((16<<10)/len(messages[0]), 1), 16) {
			out = deflate(out[:0], messages[n%len(messages)], history)
			n++
		}
	}
	return (threadTime(t) - start) / time.Duration(n)
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
