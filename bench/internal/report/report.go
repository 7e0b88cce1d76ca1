// Package report writes figures for people.
package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/chart"
)

// Count writes n with a comma between groups of three digits.
func Count[N ~int | ~int64 | ~uint64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Bytes writes n in the largest binary unit that it fills: 1.5 MiB.
func Bytes(n int64) string {
	const units = "KMGT"
	size, unit := float64(n), -1
	for (size >= 1023.95 || size <= -1023.95) && unit < len(units)-1 {
		size /= 1024
		unit++
	}
	if unit < 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %ciB", size, units[unit])
}

// Duration writes d with three significant digits: 81.3µs.
func Duration(d time.Duration) string {
	step := time.Duration(1)
	for d.Abs()/step >= 1000 {
		step *= 10
	}
	return chart.Duration(d.Round(step))
}

// Plural writes n and the noun, with an s unless n is 1.
func Plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Count(n) + " " + noun
}

// Lines writes pairs of a label and a value, the values below each other.
func Lines(w io.Writer, pairs [][2]string) {
	for _, p := range pairs {
		fmt.Fprintf(w, "  %-10s   %s\n", p[0], p[1])
	}
}

// Table writes rows in columns, numbers at the right; the first row is the
// head, the first column text.
func Table(w io.Writer, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cell))
		}
	}
	for _, row := range rows {
		line := " "
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-width(cell))
			if i == 0 {
				line += " " + cell + pad
			} else {
				line += "   " + pad + cell
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

func width(s string) int { return len([]rune(s)) }
