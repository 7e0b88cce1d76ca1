// Package chart draws SVG: data in, markup out, without a clock, files or
// state. All its functions may be called from any goroutine.
//
// A chart names its colours by classes, so the page that holds it must also
// hold [Style], once: it sets them for light and dark screens, and for print.
// Text is escaped. What cannot be drawn, NaN and infinities, is left out.
package chart

import (
	_ "embed"
	"html/template"
)

// Style is the style sheet of all charts.
//
//go:embed chart.css
var Style template.CSS

// Width is that of every chart, in the units of its text's size (12). A chart
// fills the width it is given, and its text grows and shrinks with it.
const Width = 460
