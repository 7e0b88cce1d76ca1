package report

import (
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

const hostile = `<script>alert("1")</script>' onload='x`

func checkPage(t *testing.T, page string) {
	t.Helper()
	for _, reference := range []string{"src=", "@import", "url(", "<script", "<iframe", "<object", "http:", "https:", "stylesheet"} {
		if strings.Contains(page, reference) {
			t.Errorf("the page refers to something by %q", reference)
		}
	}
	if strings.Count(page, "href=") != strings.Count(page, `href="data:`) {
		t.Error("the page has a link")
	}
	if !strings.HasPrefix(page, "<!doctype html>") || !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
		t.Error("the page is not whole")
	}
	for _, bad := range []string{"NaN", "Inf", "ZgotmplZ", "<no value>", "<script>alert"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
}

func page(t *testing.T, r *result.Report) string {
	t.Helper()
	var b strings.Builder
	if err := HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	checkPage(t, b.String())
	return b.String()
}

func TestPage(t *testing.T) {
	r := sampleReport()
	r.Warnings = []string{"few ports"}
	r.Budgets = []result.Budget{{Condition: "p99<50ms", Value: "41ms", Met: true}, {Condition: "errors=0", Value: "3"}}
	r.Errors = map[string]int{"connection lost": 3}
	got := page(t, r)
	for _, want := range []string{
		"bench echo <span>ws://127.0.0.1:8080/</span>",
		"22 November 2026, 04:44:38 UTC · Intel(R) Xeon(R)",
		"bench echo -url ws://127.0.0.1:8080/ -conns 1000",
		`<p class="notice">few ports</p>`,
		`<dt>messages/s</dt><dd>40,000</dd>`,
		`class="met"><b>✓ met</b> <code>p99&lt;50ms</code> 41ms`,
		`class="unmet"><b>✗ not met</b> <code>errors=0</code> 3`,
		`<tr><td>3</td><th scope="row">connection lost</th></tr>`,
		`prefers-color-scheme: dark`,
		`<th scope="row">goroutines</th><td>9 -&gt; 10</td>`,
		`<th scope="row">first echo</th><td>412ms</td><td>4s</td>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	if charts, tables := strings.Count(got, "<svg"), strings.Count(got, "<details>"); charts != 9 || tables != 9 {
		t.Errorf("%d charts with %d tables, want 9 of both", charts, tables)
	}
}

func TestPageOfNothing(t *testing.T) {
	got := page(t, &result.Report{Mode: "idle"})
	for _, absent := range []string{"<svg", "Budgets", "Errors</h2>", "Groups", "Steps", "Settings", "0001"} {
		if strings.Contains(got, absent) {
			t.Errorf("the page of nothing has %q", absent)
		}
	}
}

func TestHostilePage(t *testing.T) {
	r := sampleReport()
	r.Mode, r.URL, r.Machine, r.Command = hostile, hostile, hostile, []string{hostile}
	r.Settings = []result.Setting{{Name: hostile, Value: hostile}}
	r.Steps[0].Name = hostile
	r.Warnings = []string{hostile}
	r.Errors = map[string]int{hostile: 1}
	r.Budgets = []result.Budget{{Condition: hostile, Value: hostile}}
	r.Load.Groups = []result.Group{
		{Name: hostile, Outcome: result.Outcome{Conns: 1, Messages: 1, Latency: constant(1, 1)}},
	}
	page(t, r)
}

func TestPageOfALongRunIsBounded(t *testing.T) {
	r := sampleReport()
	point := r.Series[20]
	r.Series = nil
	for i := range 20_000 {
		point.At = time.Duration(i+1) * time.Second
		point.Rate += float64(i%7 - 3)
		r.Series = append(r.Series, point)
	}
	got := page(t, r)
	if len(got) > 2<<20 {
		t.Errorf("the page has %d bytes", len(got))
	}
	if !strings.Contains(got, "Numbers of some intervals; JSON has all") {
		t.Error("the page does not say that its tables are not whole")
	}
}

func TestShell(t *testing.T) {
	got := shell([]string{"bench", "-require", "p99<50ms", "it's", ""})
	if want := `bench -require 'p99<50ms' 'it'\''s' ''`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
