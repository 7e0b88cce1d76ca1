package report

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Text writes a report for a terminal, in lines that mean something in its
// mode. The report is not changed. An error is one of writing.
func Text(w io.Writer, r *result.Report) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, title(r))
	if r.Interrupted {
		fmt.Fprintln(b, "  Interrupted: this is what happened until then.")
	}
	for _, warning := range r.Warnings {
		fmt.Fprintln(b, "  Warning:", indented(warning))
	}
	Lines(b, summary(r))
	if len(r.Load.Groups) > 0 {
		fmt.Fprintln(b)
		Table(b, groups(r.Load.Groups))
		fmt.Fprintln(b)
	}
	Errors(b, r.Errors)
	writeBudgets(b, r.Budgets)
	return b.Flush()
}

// title names the load, with its settings.
func title(r *result.Report) string {
	parts := []string{Plural(r.Conns, "connection")}
	for _, s := range r.Settings {
		parts = append(parts, s.Name+" "+s.Value)
	}
	return fmt.Sprintf("%s %s: %s", r.Mode, r.URL, strings.Join(parts, ", "))
}

// indented puts further lines below the first one, so that commands in them
// can be read and copied.
func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n    ") }

// groups gives the table of a mixed load. What a group does not do is left
// blank.
func groups(all []result.Group) [][]string {
	table := [][]string{{"group", "connections", "open", "cut", "messages", "rate", "p50", "p99", "max", "errors"}}
	for _, g := range all {
		row := []string{g.Name, Count(g.Conns), Count(g.Open), "", "", "", "", "", "", Count(total(g.Errors))}
		if g.Cut > 0 {
			row[3] = Count(g.Cut)
		}
		if g.Messages > 0 {
			row[4], row[5] = Count(g.Messages), rate(&g.Outcome)
		}
		if g.Latency.Count() > 0 {
			l := result.NewLatency(g.Latency)
			row[6], row[7], row[8] = Duration(l.P50), Duration(l.P99), Duration(l.Max)
		}
		table = append(table, row)
	}
	return table
}

// Errors lists the kinds of errors, the most frequent first.
func Errors(w io.Writer, kinds map[string]int) {
	if len(kinds) == 0 {
		fmt.Fprintln(w, "  No errors.")
		return
	}
	fmt.Fprintln(w, "  Errors:")
	for _, kind := range byNumber(kinds) {
		fmt.Fprintf(w, "  %8s  %s\n", Count(kinds[kind]), kind)
	}
}

// byNumber gives the kinds of errors, the most frequent first.
func byNumber(kinds map[string]int) []string {
	names := slices.Sorted(maps.Keys(kinds))
	slices.SortStableFunc(names, func(a, b string) int { return kinds[b] - kinds[a] })
	return names
}

func total(kinds map[string]int) (n int) {
	for _, count := range kinds {
		n += count
	}
	return n
}

func writeBudgets(w io.Writer, budgets []result.Budget) {
	if len(budgets) == 0 {
		return
	}
	fmt.Fprintln(w, "  Budgets:")
	for _, b := range budgets {
		verdict := "met    "
		if !b.Met {
			verdict = "NOT met"
		}
		fmt.Fprintf(w, "    %s  %s   (%s)\n", verdict, b.Condition, b.Value)
	}
}
