package chart

import (
	"encoding/xml"
	"errors"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
)

// odd are values that charts are not made for.
var odd = []float64{
	math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, 1, 1e-320, 1e-30, 1e30, math.MaxFloat64, -math.MaxFloat64, math.MaxInt64,
}

// hostile is text that would end an element or an attribute, or is no text.
const hostile = "</text><script>alert(\"1\")</script>' onload='x' & \x00\x1b\xff"

// wellFormed fails unless a drawing is XML whose coordinates are numbers. It
// gives the texts in it.
func wellFormed(t *testing.T, drawing template.HTML) (texts []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(drawing)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, drawing)
		}
		switch token := token.(type) {
		case xml.StartElement:
			checkElement(t, token)
		case xml.CharData:
			texts = append(texts, string(token))
		}
	}
}

func checkElement(t *testing.T, e xml.StartElement) {
	t.Helper()
	known := map[string]bool{"svg": true, "g": true, "title": true, "text": true, "line": true, "rect": true, "path": true}
	if !known[e.Name.Local] {
		t.Errorf("element %q", e.Name.Local)
	}
	for _, a := range e.Attr {
		switch a.Name.Local {
		case "class", "role", "aria-label", "text-anchor", "viewBox":
		case "d":
			if strings.ContainsAny(a.Value, "NIe") {
				t.Errorf("path %q", a.Value)
			}
		default:
			if v, err := strconv.ParseFloat(a.Value, 64); err != nil || !finite(v) {
				t.Errorf("%s has %s %q", e.Name.Local, a.Name.Local, a.Value)
			}
		}
	}
}
