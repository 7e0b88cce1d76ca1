package compare

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// Outcome is what a comparison has found, as JSON has it. Durations are in
// nanoseconds there.
type Outcome struct {
	Started     time.Time     `json:"started"`
	Machine     string        `json:"machine"`
	Command     string        `json:"command"`
	Duration    time.Duration `json:"duration_ns"` // of a measurement
	Interrupted bool          `json:"interrupted,omitempty"`
	Peers       []Version     `json:"peers"`
	Tables      []Table       `json:"tables"` // of the cells that were measured, in their order
}

// Version is a peer, the versions of its modules, and how it is set up.
type Version struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	How     string `json:"how"`
}

// Comparison gives the outcome as a page shows it.
func (o *Outcome) Comparison() report.Comparison {
	c := report.Comparison{
		Started: o.Started,
		Machine: o.Machine,
		Command: o.Command,
		Notes: []string{
			"Each server takes turns with the same client on one processor. Figures are medians of the rounds; whiskers reach from the least to the greatest.",
			"A server's processor time is divided by its client's over the same seconds, and then by that of the first server in the same round.",
		},
	}
	for _, v := range o.Peers {
		c.Peers = append(c.Peers, report.ComparedPeer(v))
	}
	for _, t := range o.Tables {
		c.Figures = append(c.Figures, t.Figure())
	}
	return c
}

// Markdown writes a section for each table, and first what was compared where.
func (o *Outcome) Markdown(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%s\n", o.facts()); err != nil {
		return err
	}
	for _, t := range o.Tables {
		if _, err := fmt.Fprintf(w, "\n## %v\n\n%s\n", t, o.section(t)); err != nil {
			return err
		}
	}
	return nil
}

// facts says in Markdown what was compared where.
func (o *Outcome) facts() string {
	var versions []string
	for _, v := range o.Peers {
		if v.Version != "" {
			versions = append(versions, v.Name+": "+v.Version)
		}
	}
	text := "Machine: " + o.Machine + "."
	if len(versions) > 0 {
		text += "\n\nVersions: " + strings.Join(versions, "; ") + "."
	}
	return text
}

// section is a table in Markdown, with what it takes to repeat it.
func (o *Outcome) section(t Table) string {
	var b strings.Builder
	for i, row := range t.Text() {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString("|---" + strings.Repeat("|---:", len(row)-1) + "|\n")
		}
	}
	fmt.Fprintf(&b, "\nMeasured on %s; `bench compare -cells %s` repeats it.", o.Started.Format(time.DateOnly), t.Name())
	return b.String()
}

const (
	placeFacts = "machine"
	placeEnd   = "<!-- end -->"
)

// Update gives a Markdown document with the tables of this outcome in their
// places: between a line "<!-- compare NAME -->" and a line "<!-- end -->", NAME
// being a cell's as [ParseCells] reads it, or "machine" for what was compared
// where. Other places stay as they are. A table without a place is an error.
func (o *Outcome) Update(document string) (string, error) {
	texts := map[string]string{placeFacts: o.facts()}
	for _, t := range o.Tables {
		texts[t.Name()] = o.section(t)
	}
	for name, text := range texts {
		place := "<!-- compare " + name + " -->\n"
		before, rest, found := strings.Cut(document, place)
		_, after, ended := strings.Cut(rest, placeEnd)
		if !found || !ended {
			return "", fmt.Errorf("no place for %s: it begins with the line %q and ends with %q", name, strings.TrimSpace(place), placeEnd)
		}
		document = before + place + "\n" + text + "\n\n" + placeEnd + after
	}
	return document, nil
}
