package report

import (
	"io"
	"time"
)

// TablePage is a page that shows one table.
type TablePage struct {
	Title   string
	Started time.Time
	Machine string
	Command string // that repeats it
	Notes   []string
	Table   [][]string // the first row is the head
}

// TableHTML writes the page, which refers to nothing outside of itself and
// needs no script. An error is one of writing.
func TableHTML(w io.Writer, p TablePage) error { return pages.ExecuteTemplate(w, "table.html", p) }
