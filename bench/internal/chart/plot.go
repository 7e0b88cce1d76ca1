package chart

// The measures of a plot, in pixels.
const (
	plotHeight = 170
	rowHeight  = 18 // of a line of text
	margin     = 12 // at the right, so that the last tick's text has room
	gap        = 6  // between an axis and its text
)

// plot is a drawing with two axes.
type plot struct {
	svg
	x, y fitted
}

// entry is a line of the legend.
type entry struct {
	name, class string
}

// newPlot draws what lies behind the data: axes, grid, legend.
func newPlot(title string, x, y fitted, legend []entry, marks []Mark) *plot {
	p := &plot{x: x, y: y}
	left := 0.0
	for _, v := range y.ticks {
		left = max(left, textWidth(y.tick(v)))
	}
	places, rows := flow(textWidth(y.Label), legend)
	top := float64(rows*rowHeight + gap)
	if len(marks) > 0 {
		top += rowHeight - gap
	}
	p.x.from, p.x.to = left+gap, Width-margin
	p.y.from, p.y.to = top+plotHeight, top
	height := p.y.from + rowHeight
	if x.Label != "" {
		height += rowHeight
	}
	p.open(height+gap, title)
	p.text("label", "start", 0, fontSize, y.Label)
	for i, e := range legend {
		p.legend(e, places[i])
	}
	p.grid()
	p.marks(marks)
	p.text("label", "middle", (p.x.from+p.x.to)/2, height, x.Label)
	return p
}

type place struct{ x, y float64 }

// swatch is the width of a line in the legend, with the gap behind it.
const swatch = 24

// flow places the legend's entries at the right of the first row, behind the
// y axis' label, if they fit, else from the left in rows of their own.
func flow(label float64, legend []entry) (places []place, rows int) {
	width := 0.0
	for _, e := range legend {
		width += entryWidth(e)
	}
	x, y := Width-width, 0.0
	if x < label+2*gap {
		x, y = 0, rowHeight
	}
	for _, e := range legend {
		if x > 0 && x+entryWidth(e) > Width+1 {
			x, y = 0, y+rowHeight
		}
		places = append(places, place{x, y})
		x += entryWidth(e)
	}
	return places, int(y/rowHeight) + 1
}

const nameWidth = 150 // of a series, at most

func entryWidth(e entry) float64 { return swatch + textWidth(shorten(e.name, nameWidth)) + 2*gap }

func (p *plot) legend(e entry, at place) {
	p.line(e.class, at.x, at.y+fontSize-4, at.x+swatch-gap, at.y+fontSize-4)
	p.text("name", "start", at.x+swatch, at.y+fontSize, shorten(e.name, nameWidth))
}

func (p *plot) grid() {
	for _, v := range p.y.ticks {
		y := p.y.at(v)
		p.line("grid", p.x.from, y, p.x.to, y)
		p.text("tick", "end", p.x.from-gap, y+4, p.y.tick(v))
	}
	free := 0.0 // from where on there is no text yet
	for _, v := range p.x.ticks {
		x := p.x.at(v)
		p.line("stub", x, p.y.from, x, p.y.from+4)
		text := p.x.tick(v)
		width := textWidth(text)
		middle := min(x, Width-width/2)
		if middle-width/2 < free {
			continue
		}
		free = middle + width/2 + gap
		p.text("tick", "middle", middle, p.y.from+rowHeight-2, text)
	}
	p.line("axis", p.x.from, p.y.from, p.x.to, p.y.from)
}

// Mark names what begins at a place of the x axis.
type Mark struct {
	At   float64
	Name string
}

// marks draws a line for each mark, and its name above the plot if that
// reaches neither the next line nor the end.
func (p *plot) marks(marks []Mark) {
	for i, m := range marks {
		if !p.x.Scale.fits(m.At) {
			continue
		}
		x, end := p.x.at(m.At), p.x.to
		if i+1 < len(marks) {
			end = p.x.at(marks[i+1].At)
		}
		p.line("mark", x, p.y.from, x, p.y.to-gap)
		if x+textWidth(m.Name) <= end {
			p.text("tick", "start", x, p.y.to-gap-2, m.Name)
		}
	}
}

// hints covers the plot with strips from left to right, each of which shows a
// text where it is pointed at. xs are their middles, in ascending order.
func (p *plot) hints(xs []float64, text func(i int) string) {
	for i, x := range xs {
		from, to := p.x.from, p.x.to
		if i > 0 {
			from = (xs[i-1] + x) / 2
		}
		if i+1 < len(xs) {
			to = (x + xs[i+1]) / 2
		}
		p.hint(text(i))
		p.rect("strip", from, p.y.to, to-from, p.y.from-p.y.to)
		p.line("rule", x, p.y.from, x, p.y.to)
		p.end()
	}
}
