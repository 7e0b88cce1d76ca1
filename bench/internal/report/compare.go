package report

import (
	"cmp"
	"io"
	"slices"

	"github.com/sockeye-ws/sockeye/bench/internal/chart"
)

// comparePage is what the page of a comparison shows.
type comparePage struct {
	Comparison
	Limit string // the name of the limit, if there is one
	Drawn []figure
}

// CompareHTML writes a comparison as one HTML page that refers to nothing
// outside of itself and needs no script. An error is one of writing.
func CompareHTML(w io.Writer, c Comparison) error {
	c.Title = cmp.Or(c.Title, "WebSocket servers compared")
	p := comparePage{Comparison: c}
	for _, f := range c.Figures {
		if len(f.Bars) == 0 {
			continue
		}
		p.Drawn = append(p.Drawn, f.draw())
		if i := slices.IndexFunc(f.Bars, func(b Bar) bool { return b.Limit }); i >= 0 {
			p.Limit = f.Bars[i].Name
		}
	}
	return pages.ExecuteTemplate(w, "compare.html", p)
}

func (f Figure) draw() figure {
	better := "Higher is better."
	if f.LowerIsBetter {
		better = "Lower is better."
	}
	c := chart.Bars{Title: f.Title, X: chart.Axis{Label: f.Unit}}
	table := [][]string{{"server", f.Unit}}
	for _, b := range f.Bars {
		c.Bars = append(c.Bars, b.draw())
		table = append(table, []string{b.Name, cmp.Or(b.Missing, b.Text)})
	}
	if f.Note != "" {
		better = f.Note + " " + better
	}
	return figure{Title: f.Title, Note: better, Chart: c.Draw(), Table: table}
}

func (b Bar) draw() chart.Bar {
	drawn := chart.Bar{Name: b.Name, Value: b.Value, Low: b.Low, High: b.High, Text: b.Text}
	switch {
	case b.Missing != "":
		drawn.Kind, drawn.Text = chart.Missing, b.Missing
	case b.Ours:
		drawn.Kind = chart.Ours
	case b.Limit:
		drawn.Kind = chart.Limit
	}
	return drawn
}
