package chart

import (
	"fmt"
	"html"
	"html/template"
	"strconv"
	"strings"
	"unicode"
)

// svg is a drawing under way. Pixels are rounded to tenths.
type svg struct{ strings.Builder }

// open begins a drawing; label is what a screen reader says of it.
func (s *svg) open(height float64, label string) {
	fmt.Fprintf(s, `<svg class="chart" viewBox="0 0 %d %s" role="img" aria-label="%s">`, Width, px(height), escape(label))
}

func (s *svg) done() template.HTML {
	s.WriteString("</svg>")
	return template.HTML(s.String())
}

func (s *svg) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(s, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, px(x1), px(y1), px(x2), px(y2))
}

func (s *svg) rect(class string, x, y, width, height float64) {
	fmt.Fprintf(s, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"/>`, class, px(x), px(y), px(max(width, 0)), px(max(height, 0)))
}

func (s *svg) path(class, d string) {
	if d != "" {
		fmt.Fprintf(s, `<path class="%s" d="%s"/>`, class, d)
	}
}

// text writes a line; anchor is start, middle or end, as SVG has it.
func (s *svg) text(class, anchor string, x, y float64, text string) {
	fmt.Fprintf(s, `<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>`, class, anchor, px(x), px(y), escape(text))
}

// hint begins an element that tells its text when it is pointed at. The
// caller draws what can be pointed at, and ends it.
func (s *svg) hint(text string) { fmt.Fprintf(s, `<g class="hint"><title>%s</title>`, escape(text)) }

func (s *svg) end() { s.WriteString("</g>") }

// px writes a coordinate. What is no number would make a browser drop the
// whole shape.
func px(v float64) string {
	if !finite(v) {
		return "0"
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// escape makes text safe in an element and in an attribute. XML has no place
// for control characters, so they are replaced.
func escape(text string) string {
	clean := strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF' {
			return unicode.ReplacementChar
		}
		return r
	}, text)
	return html.EscapeString(clean)
}

// fontSize is that of all text in a chart.
const fontSize = 12

// textWidth estimates how wide a text is in a common sans-serif font; the
// fonts of the reader are not known. It is rather too wide than too narrow.
func textWidth(text string) (width float64) {
	for _, r := range text {
		width += runeWidth(r)
	}
	return width
}

func runeWidth(r rune) float64 {
	switch {
	case strings.ContainsRune("iljtfr.,:;'|!()[] ", r):
		return 0.38 * fontSize
	case r > 0x2e80 || strings.ContainsRune("mwMW%@…", r):
		return fontSize
	case unicode.IsUpper(r):
		return 0.75 * fontSize
	}
	return 0.64 * fontSize
}

// shorten cuts text to a width, and shows that it did.
func shorten(text string, width float64) string {
	if textWidth(text) <= width {
		return text
	}
	width -= textWidth("…")
	for i, r := range text {
		width -= runeWidth(r)
		if width < 0 {
			return text[:i] + "…"
		}
	}
	return text
}
