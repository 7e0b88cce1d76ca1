package report

import (
	"embed"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/chart"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

//go:embed page
var files embed.FS

// pages are the templates of all pages, each with its style within.
var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"style": style,
	"date":  func(t time.Time) string { return t.Format("2 January 2006, 15:04:05 MST") },
	"shell": shell,
}).ParseFS(files, "page/*.html"))

func style() template.CSS {
	css, _ := files.ReadFile("page/page.css") // embedded, so it is there
	return chart.Style + template.CSS(css)
}

// shell writes a command as one would type it.
func shell(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = arg
		if arg == "" || strings.ContainsAny(arg, " \t\n\"'`$&|;<>()*?[]{}~#!\\") {
			quoted[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// loadPage is what the page of a load shows.
type loadPage struct {
	*result.Report
	Heading string
	Keys    []key
	Figures []figure
	Summary [][2]string
	Groups  [][]string
	Steps   [][]string
	Kinds   []kind
}

// kind is a kind of error and how often it came.
type kind struct{ Name, Count string }

// HTML writes a report as one HTML page that refers to nothing outside of
// itself and needs no script. The report is not changed. An error is one of
// writing.
func HTML(w io.Writer, r *result.Report) error {
	p := loadPage{Report: r, Heading: "bench " + r.Mode, Keys: keys(r), Figures: figures(r), Summary: summary(r)}
	if len(r.Load.Groups) > 0 {
		p.Groups = groups(r.Load.Groups)
	}
	if len(r.Steps) > 0 {
		p.Steps = steps(r.Steps)
	}
	for _, name := range byNumber(r.Errors) {
		p.Kinds = append(p.Kinds, kind{name, Count(r.Errors[name])})
	}
	return pages.ExecuteTemplate(w, "load.html", p)
}

// steps gives the table of a run's steps.
func steps(all []result.Step) [][]string {
	table := [][]string{{"step", "began at", "took"}}
	for _, s := range all {
		table = append(table, []string{s.Name, Duration(s.At), Duration(s.Elapsed)})
	}
	return table
}
