package chart

import "html/template"

// Bar is a value with its name. Low and High are the ends of its whisker;
// there is none if they are the same.
type Bar struct {
	Name             string
	Value, Low, High float64
	Text             string // behind the bar
	Kind             BarKind
}

// BarKind is how a bar is drawn.
type BarKind int

const (
	Plain   BarKind = iota
	Ours            // highlighted
	Limit           // an outline, and a line across all bars
	Missing         // the text alone
)

// Bars is a chart of horizontal bars, in their order from the top.
type Bars struct {
	Title string // for those who cannot see it
	X     Axis
	Bars  []Bar
}

const (
	barRow    = 26
	barHeight = 14
)

// Draw gives the chart as SVG, or "" if there are no bars.
func (b Bars) Draw() template.HTML {
	if len(b.Bars) == 0 {
		return ""
	}
	var p plot
	p.x, p.y = b.fit(), fitted{from: float64(len(b.Bars) * barRow)}
	p.open(p.y.from+rowHeight*2+gap, b.Title)
	p.vertical()
	p.text("label", "middle", (p.x.from+p.x.to)/2, p.y.from+rowHeight*2, b.X.Label)
	b.limit(&p)
	for i, bar := range b.Bars {
		b.draw(&p, bar, float64(i*barRow))
	}
	return p.done()
}

// fit leaves room for the names before the bars, and for the texts behind.
func (b Bars) fit() fitted {
	var values []float64
	names, texts := 0.0, 0.0
	for _, bar := range b.Bars {
		width := textWidth(shorten(bar.Name, nameWidth))
		if bar.Kind == Ours {
			width *= 1.1 // bold
		}
		names = max(names, width)
		if bar.Kind != Missing {
			values = append(values, bar.Value, bar.Low, bar.High)
			texts = max(texts, textWidth(bar.Text))
		}
	}
	x := b.X.fit(values, 4, false)
	x.from, x.to = names+2*gap, Width-min(texts, Width/3)-2*gap
	return x
}

// vertical draws the grid of a chart whose values go from left to right.
func (p *plot) vertical() {
	for _, v := range p.x.ticks {
		x := p.x.at(v)
		p.line("grid", x, p.y.from, x, p.y.to)
		p.text("tick", "middle", x, p.y.from+rowHeight-2, p.x.tick(v))
	}
}

func (b Bars) draw(p *plot, bar Bar, top float64) {
	middle := top + barRow/2
	names := [...]string{Plain: "name", Ours: "name ours", Limit: "name", Missing: "name"}
	p.text(names[bar.Kind], "end", p.x.from-gap, middle+4, shorten(bar.Name, nameWidth))
	if bar.Kind == Missing || !b.X.Scale.fits(bar.Value) {
		p.text("missing", "start", p.x.from+gap, middle+4, bar.Text)
		return
	}
	classes := [...]string{Plain: "bar peer", Ours: "bar ours", Limit: "bar limit"}
	zero, end := p.x.at(0), p.x.at(bar.Value)
	p.hint(bar.Name + ": " + bar.Text)
	p.rect(classes[bar.Kind], min(zero, end), middle-barHeight/2, max(zero-end, end-zero), barHeight)
	right := max(end, b.whisker(p, bar, middle))
	p.text("value", "start", right+gap, middle+4, bar.Text)
	p.end()
}

// limit draws the line across all bars.
func (b Bars) limit(p *plot) {
	for _, bar := range b.Bars {
		if bar.Kind == Limit && b.X.Scale.fits(bar.Value) {
			x := p.x.at(bar.Value)
			p.line("limit", x, p.y.from, x, p.y.to)
		}
	}
}

// whisker draws the spread of a bar, and gives its right end.
func (b Bars) whisker(p *plot, bar Bar, middle float64) (right float64) {
	if !(bar.Low < bar.High) || !b.X.Scale.fits(bar.Low) || !b.X.Scale.fits(bar.High) {
		return 0
	}
	low, high := p.x.at(bar.Low), p.x.at(bar.High)
	p.line("whisker", low, middle, high, middle)
	p.line("whisker", low, middle-4, low, middle+4)
	p.line("whisker", high, middle-4, high, middle+4)
	return high
}
