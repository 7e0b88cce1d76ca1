package chart

import "html/template"

// Bin is how many values lie from Low to High.
type Bin struct{ Low, High, Count float64 }

// Histogram is a chart of counts, as bars beside each other.
type Histogram struct {
	Title string // for those who cannot see it
	X, Y  Axis
	Color Color
	Bins  []Bin // in ascending order
}

// Draw gives the chart as SVG, or "" if there is nothing to draw.
func (h Histogram) Draw() template.HTML {
	var xs, ys []float64
	for _, b := range h.Bins {
		if h.shows(b) {
			xs, ys = append(xs, b.Low, b.High), append(ys, b.Count)
		}
	}
	if len(xs) == 0 {
		return ""
	}
	p := newPlot(h.Title, h.X.fit(xs, 8, false), h.Y.fit(ys, 5, true), nil, nil)
	for _, b := range h.Bins {
		if h.shows(b) {
			h.bar(p, b)
		}
	}
	return p.done()
}

func (h Histogram) shows(b Bin) bool {
	return h.X.Scale.fits(b.Low) && h.X.Scale.fits(b.High) && h.Y.Scale.fits(b.Count) && b.Count > 0
}

// bar is at least a pixel high: one value in a million is still seen.
func (h Histogram) bar(p *plot, b Bin) {
	left, right := p.x.at(b.Low), p.x.at(b.High)
	top := min(p.y.at(b.Count), p.y.from-1)
	p.hint(h.X.format(b.Low) + " to " + h.X.format(b.High) + ": " + h.Y.format(b.Count))
	p.rect("strip", left, p.y.to, right-left, p.y.from-p.y.to)
	p.rect(Series{Color: h.Color}.class()+" bar", left+0.5, top, max(right-left-1, 1), p.y.from-top)
	p.end()
}

// Table gives the chart's numbers as text, below a row with their names.
func (h Histogram) Table() [][]string {
	table := [][]string{{h.X.Label + " from", "to", h.Y.Label}}
	for _, b := range h.Bins {
		if h.shows(b) {
			table = append(table, []string{h.X.format(b.Low), h.X.format(b.High), h.Y.format(b.Count)})
		}
	}
	return table
}
