package chart

import (
	"math"
	"strings"
	"testing"
)

func TestEscape(t *testing.T) {
	cases := map[string]string{
		"plain": "plain", "a\nb": "a\nb", "<b>": "&lt;b&gt;", `"'&`: "&#34;&#39;&amp;",
		"\x00\x1b\u0085\xff\uFFFF": strings.Repeat("\uFFFD", 5),
	}
	for text, want := range cases {
		if got := escape(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestPixels(t *testing.T) {
	for v, want := range map[float64]string{1: "1", 1.25: "1.2", -0.5: "-0.5", math.Inf(1): "0"} {
		if got := px(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	if got := px(math.NaN()); got != "0" {
		t.Errorf("NaN: %q", got)
	}
}

func TestShorten(t *testing.T) {
	if got := shorten("short", nameWidth); got != "short" {
		t.Errorf("%q", got)
	}
	got := shorten(strings.Repeat("ä", 100), nameWidth)
	if !strings.HasSuffix(got, "ä…") || textWidth(got) > nameWidth {
		t.Errorf("%q is %v wide", got, textWidth(got))
	}
	if got := shorten("x", 0); got != "…" {
		t.Errorf("%q", got)
	}
}
