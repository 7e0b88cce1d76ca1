package chart

import (
	"fmt"
	"html/template"
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
			xs = append(xs, p.X) // gaps too, so that charts of the same time have the same axis
			if l.shows(p) {
				ys = append(ys, p.Y)
			}
		}
	}
	if len(ys) == 0 {
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
