package chart

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
)

// Color is one of the chart's colours, from 1 to Colors. They can be told
// apart by the colour-blind, and in both light and dark.
type Color int

// Colors is how many there are.
const Colors = 6

// Point is a place in a chart. One with a Y that is NaN is a gap in the line.
type Point struct{ X, Y float64 }

// Series is one line of a chart.
type Series struct {
	Name   string
	Color  Color
	Dashed bool
	Points []Point // with ascending X
}

// class gives the classes of the series' strokes.
func (s Series) class() string {
	class := fmt.Sprintf("line c%d", min(max(s.Color, 1), Colors))
	if s.Dashed {
		class += " dashed"
	}
	return class
}

// Lines is a chart of lines that share their axes.
type Lines struct {
	Title  string // for those who cannot see it
	X, Y   Axis
	Series []Series
	Marks  []Mark // in ascending order
}

// Draw gives the chart as SVG, or "" if there is nothing to draw. The area
// below the line is filled if there is only one.
func (l Lines) Draw() template.HTML {
	var xs, ys []float64
	for _, s := range l.Series {
		for _, p := range s.Points {
			if l.shows(p) {
				xs, ys = append(xs, p.X), append(ys, p.Y)
			}
		}
	}
	if len(xs) == 0 {
		return ""
	}
	p := newPlot(l.Title, l.X.fit(xs, 8, false), l.Y.fit(ys, 5, true), l.legend(), l.Marks)
	for _, s := range l.Series {
		l.draw(p, s)
	}
	l.hints(p)
	return p.done()
}

func (l Lines) shows(p Point) bool { return l.X.Scale.fits(p.X) && l.Y.Scale.fits(p.Y) }

// legend is left out where there is nothing to tell apart.
func (l Lines) legend() (legend []entry) {
	if len(l.Series) < 2 {
		return nil
	}
	for _, s := range l.Series {
		legend = append(legend, entry{s.Name, s.class()})
	}
	return legend
}

func (l Lines) draw(p *plot, s Series) {
	var areas, lines, dots strings.Builder
	for _, run := range l.runs(l.thin(s.Points)) {
		d := p.through(run)
		if len(run) == 1 {
			dots.WriteString(d + "h0")
			continue
		}
		lines.WriteString(d)
		areas.WriteString(d + fmt.Sprintf("V%sH%sZ", px(p.y.from), px(p.x.at(run[0].X))))
	}
	if len(l.Series) == 1 {
		p.path(s.class()+" area", areas.String())
	}
	p.path(s.class(), lines.String())
	p.path(s.class()+" dots", dots.String())
}

// through gives the path of a line through points.
func (p *plot) through(points []Point) string {
	var d strings.Builder
	command := "M"
	for _, point := range points {
		d.WriteString(command + px(p.x.at(point.X)) + " " + px(p.y.at(point.Y)))
		command = "L"
	}
	return d.String()
}

// mostPoints bounds the size of a line: no screen shows more.
const mostPoints = 1000

// thin gives the points of a line that are seen: where they are too many, the
// least and the greatest of neighbours.
func (l Lines) thin(points []Point) (seen []Point) {
	if len(points) <= mostPoints {
		return points
	}
	for near := range slices.Chunk(points, 2*(len(points)/mostPoints+1)) {
		runs := slices.Concat(l.runs(near)...)
		if len(runs) == 0 {
			seen = append(seen, near[0]) // still a gap
			continue
		}
		low, high := slices.MinFunc(runs, byY), slices.MaxFunc(runs, byY)
		if low.X > high.X {
			low, high = high, low
		}
		seen = append(seen, low)
		if high != low {
			seen = append(seen, high)
		}
	}
	return seen
}

func byY(a, b Point) int { return cmp.Compare(a.Y, b.Y) }

// runs divides a line at its gaps.
func (l Lines) runs(points []Point) (runs [][]Point) {
	for len(points) > 0 {
		n := slices.IndexFunc(points, func(p Point) bool { return !l.shows(p) })
		if n < 0 {
			return append(runs, points)
		}
		if n > 0 {
			runs = append(runs, points[:n])
		}
		points = points[n+1:]
	}
	return runs
}

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
