package chart

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mostHints bounds the size of a chart: more cannot be pointed at.
const mostHints = 200

func (l Lines) hints(p *plot) {
	rows := l.rows(mostHints)
	var at []float64
	for _, r := range rows {
		at = append(at, p.x.at(r.x))
	}
	p.hints(at, func(i int) string {
		var text strings.Builder
		text.WriteString(l.X.format(rows[i].x))
		for j, s := range l.Series {
			if y, ok := rows[i].ys[j]; ok {
				fmt.Fprintf(&text, "\n%s: %s", s.Name, l.Y.format(y))
			}
		}
		return text.String()
	})
}

// row is what the series are at one x; those that have no point there are
// missing.
type row struct {
	x  float64
	ys map[int]float64
}

// rows gives at most about n of the chart's rows, evenly taken.
func (l Lines) rows(n int) (rows []row) {
	at := make(map[float64]map[int]float64)
	for i, s := range l.Series {
		for _, p := range s.Points {
			if !l.shows(p) {
				continue
			}
			if at[p.X] == nil {
				at[p.X] = make(map[int]float64)
			}
			at[p.X][i] = p.Y
		}
	}
	xs := slices.Sorted(maps.Keys(at))
	every := (len(xs) + n - 1) / n
	for i := 0; i < len(xs); i += every {
		rows = append(rows, row{xs[i], at[xs[i]]})
	}
	return rows
}

// Table gives the chart's numbers as text, below a row with their names; n
// rows at most, evenly taken.
func (l Lines) Table(n int) [][]string {
	head := []string{l.X.Label}
	for _, s := range l.Series {
		head = append(head, s.Name)
	}
	table := [][]string{head}
	for _, r := range l.rows(n) {
		cells := []string{l.X.format(r.x)}
		for i := range l.Series {
			cell := ""
			if y, ok := r.ys[i]; ok {
				cell = l.Y.format(y)
			}
			cells = append(cells, cell)
		}
		table = append(table, cells)
	}
	return table
}
