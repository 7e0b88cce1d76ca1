package attack

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// Outcome is what a number of attacks came to.
type Outcome struct {
	Started time.Time `json:"started"`
	Machine string    `json:"machine"`
	Command string    `json:"command"`
	Rows    []Row     `json:"rows"`
}

// Text tells of a row in a few lines for people.
func (r *Row) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: %s %s\n", r.Attack, report.Plural(r.Conns, "attacker"), r.Does)
	pairs := [][2]string{
		{"answers", r.Answered()},
		{"memory", fmt.Sprintf("%s pinned by each at most; the process grew by %s, with garbage", report.Bytes(r.Pinned), report.Bytes(r.Peak))},
		{"neighbours", "p99 " + r.latencies()},
	}
	if r.Longest > 0 {
		pairs = append(pairs, [2]string{"lasted", report.Duration(r.Longest) + " at most"})
	}
	if r.Served > 0 {
		pairs = append(pairs, [2]string{"served", "all within " + report.Duration(r.Served)})
	}
	report.Lines(&b, pairs)
	for _, text := range r.Missed {
		fmt.Fprintln(&b, "  MISSED:", text)
	}
	return b.String()
}

func (r *Row) latencies() string {
	calm, during := r.P99()
	return fmt.Sprintf("%s → %s", report.Duration(calm), report.Duration(during))
}

// Table gives all rows for people; the first row is the head.
func (o *Outcome) Table() [][]string {
	table := [][]string{{"attack", "attackers", "answers", "longest", "pinned by each", "process grew by", "neighbours' p99", ""}}
	for i := range o.Rows {
		r := &o.Rows[i]
		table = append(table, []string{
			r.Attack, report.Count(r.Conns), r.Answered(), report.Duration(r.Longest),
			report.Bytes(r.Pinned), report.Bytes(r.Peak), r.latencies(), r.Verdict(),
		})
	}
	return table
}

// Verdict tells whether all targets were met.
func (r *Row) Verdict() string {
	if len(r.Missed) == 0 {
		return "met"
	}
	return "missed: " + strings.Join(r.Missed, "; ")
}

// Markdown writes the table as Markdown.
func (o *Outcome) Markdown(w io.Writer) error {
	for i, row := range o.Table() {
		if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | ")); err != nil {
			return err
		}
		if i == 0 {
			fmt.Fprintln(w, "|---|--:|---|--:|--:|--:|--:|---|")
		}
	}
	return nil
}
