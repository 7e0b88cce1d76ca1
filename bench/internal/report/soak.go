package report

import (
	"fmt"
	"io"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/chart"
)

// Soak is what a page says of a long run: whether all came back to where it
// was. Nothing of it is kept or changed.
type Soak struct {
	Started  time.Time
	Machine  string
	Command  []string
	Failed   []string // what did not hold
	Summary  [][2]string
	Errors   map[string]int
	Verdicts []SoakVerdict
	Series   []SoakSeries
	Marks    []chart.Mark // on the time axis
}

// SoakVerdict says of one server what came back, as rows below a head.
type SoakVerdict struct {
	Server string
	Rows   [][]string
}

// SoakSeries is a figure of the servers over the time of the run.
type SoakSeries struct {
	Title, Note string
	Unit        chart.Unit
	Lines       []SoakLine
}

// SoakLine is one server's.
type SoakLine struct {
	Server string
	Points []chart.Point // X in nanoseconds
}

// soakPage is what the page of a soak shows.
type soakPage struct {
	Soak
	Kinds []kind
	Drawn []figure
}

// SoakHTML writes a soak as one HTML page that refers to nothing outside of
// itself and needs no script. An error is one of writing.
func SoakHTML(w io.Writer, s Soak) error {
	p := soakPage{Soak: s}
	for _, name := range byNumber(s.Errors) {
		p.Kinds = append(p.Kinds, kind{name, Count(s.Errors[name])})
	}
	for _, f := range s.Series {
		p.Drawn = append(p.Drawn, s.draw(f))
	}
	return pages.ExecuteTemplate(w, "soak.html", p)
}

func (s *Soak) draw(f SoakSeries) figure {
	l := chart.Lines{
		Title: f.Title, Marks: s.Marks,
		X: chart.Axis{Label: "time since the run began", Unit: chart.Time, Format: duration},
		Y: chart.Axis{Label: f.Title, Unit: f.Unit},
	}
	rows := 0
	for i, line := range f.Lines {
		l.Series = append(l.Series, chart.Series{Name: line.Server, Color: chart.Color(i + 1), Points: line.Points})
		rows = max(rows, len(line.Points))
	}
	return figure{f.Title, f.Note, l.Draw(), l.Table(tableRows), rows > tableRows}
}

// SoakTable gives the table of a verdict for a terminal.
func SoakTable(w io.Writer, v SoakVerdict) {
	fmt.Fprintf(w, "\n  %s\n", v.Server)
	Table(w, v.Rows)
}
