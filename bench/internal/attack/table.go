package attack

import (
	"fmt"
	"io"
	"slices"
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
	fmt.Fprintf(&b, "\n%s, %s: %s\n", r.Server, r.Attack, r.Does)
	pairs := [][2]string{
		{"attackers", report.Count(r.Conns)},
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
	if r.Disturbed {
		return "not known: other machines had the processors"
	}
	calm, during := r.P99()
	return fmt.Sprintf("%s → %s", report.Duration(calm), report.Duration(during))
}

// Table gives all rows for people; the first row is the head. Several servers
// are put beside each other.
func (o *Outcome) Table() [][]string {
	if servers := o.servers(); len(servers) > 1 {
		return o.comparison(servers)
	}
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

// servers gives their names, in the order of their first rows.
func (o *Outcome) servers() (names []string) {
	for _, r := range o.Rows {
		if !slices.Contains(names, r.Server) {
			names = append(names, r.Server)
		}
	}
	return names
}

// comparison has a row for each attack, and for each server what it answered
// and what an attacker pinned.
func (o *Outcome) comparison(servers []string) [][]string {
	table := [][]string{append([]string{"attack"}, servers...)}
	rows := map[string][]string{}
	for i := range o.Rows {
		r := &o.Rows[i]
		row, known := rows[r.Attack]
		if !known {
			row = make([]string, 1+len(servers))
			row[0] = r.Attack
			rows[r.Attack] = row
			table = append(table, row)
		}
		row[1+slices.Index(servers, r.Server)] = r.brief()
	}
	return table
}

// brief tells the most frequent answer and what was pinned.
func (r *Row) brief() string {
	if len(r.Answers) == 0 {
		return "failed"
	}
	answer, _, _ := strings.Cut(frequent(r.Answers), " × ")
	return fmt.Sprintf("%s; %s", answer, report.Bytes(max(r.Pinned, 0)))
}

// Verdict tells whether all targets were met.
func (r *Row) Verdict() string {
	switch {
	case len(r.Missed) > 0:
		return "missed: " + strings.Join(r.Missed, "; ")
	case r.Disturbed:
		return "met, but for the latency"
	}
	return "met"
}

// Markdown writes the table as Markdown.
func (o *Outcome) Markdown(w io.Writer) error {
	for i, row := range o.Table() {
		if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | ")); err != nil {
			return err
		}
		if i == 0 {
			fmt.Fprintf(w, "|%s\n", strings.Repeat("---|", len(row)))
		}
	}
	return nil
}

// The lines between which a document has a table.
const (
	placeOne   = "<!-- attacks -->\n"
	placePeers = "<!-- attacks on peers -->\n"
	placeEnd   = "<!-- end -->"
)

// Update puts the table, and where it was measured, into its place in a
// document.
func (o *Outcome) Update(document string) (string, error) {
	place := placeOne
	if len(o.servers()) > 1 {
		place = placePeers
	}
	before, rest, found := strings.Cut(document, place)
	_, after, ended := strings.Cut(rest, placeEnd)
	if !found || !ended {
		return "", fmt.Errorf("no place for the table: it begins with the line %q and ends with %q", strings.TrimSpace(place), placeEnd)
	}
	var table strings.Builder
	o.Markdown(&table)
	facts := fmt.Sprintf("Measured on %s, on %s.", o.Started.Format("2 January 2006"), o.Machine)
	return before + place + "\n" + facts + "\n\n" + table.String() + "\n" + placeEnd + after, nil
}
