package compare

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/raw"
)

func outcome() *Outcome {
	plan := &Plan{Peers: []Peer{{Name: "limit", Plain: true}, {Name: ours}, {Name: "greedy", Descriptors: 2}}, Files: 250}
	result := raw.Result{Count: 1000, Elapsed: time.Second, ClientCPU: time.Millisecond, ServerCPU: time.Millisecond}
	dear := result
	dear.ServerCPU *= 2
	return &Outcome{
		Started: time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC),
		Machine: "a machine",
		Command: "bench compare",
		Peers:   []Version{{"limit", "", "unread"}, {ours, "", "by default"}, {"greedy", "somebody/greedy v1.2.3", ""}},
		Tables: []Table{
			newLoadTable(plan, Cell{raw.Echo, 100, 125, 1}, [][]raw.Result{{result}, {dear}, nil}),
			newIdleTable(plan, Cell{Idle, 10, 1024, 1}, [][]Memory{{{1000, 2000}}, {{1000, 3000}}, {{1000, 4000}}}),
		},
	}
}

const (
	echoSection = `|  | messages/s | server CPU | client CPU | server/client | of limit | of sockeye |
|---|---:|---:|---:|---:|---:|---:|
| limit | 1,000 | 1µs | 1µs | 1.00 (1.00-1.00) | 1.00 (1.00-1.00) | 0.50 (0.50-0.50) |
| sockeye | 1,000 | 2µs | 1µs | 2.00 (2.00-2.00) | 2.00 (2.00-2.00) | 1.00 (1.00-1.00) |
| greedy | needs 300 descriptors |  |  |  |  |  |

Measured on 2026-11-22; ` + "`bench compare -cells echo:100:125` repeats it."
	facts = "Machine: a machine.\n\nVersions: greedy: somebody/greedy v1.2.3."
)

func TestMarkdown(t *testing.T) {
	var b strings.Builder
	if err := outcome().Markdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		facts, "\n## Echo of 125 B on 100 connections, depth 1\n\n" + echoSection,
		"\n## 10 connections, idle after one message of 1 KiB each\n\n", "| greedy | 300 B (300-300) | 3.9 KiB |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestUpdate(t *testing.T) {
	document := "# Title\n<!-- compare machine -->\nold\n<!-- end -->\ntext\n" +
		"<!-- compare echo:100:125 -->\n<!-- end -->\nmore\n<!-- compare echo:1:1 -->\nkept\n<!-- end -->\n" +
		"<!-- compare idle:10:1024 -->\n\nold\n\n<!-- end -->\nlast\n"
	once, err := outcome().Update(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# Title\n<!-- compare machine -->\n\n" + facts + "\n\n<!-- end -->\ntext\n",
		"<!-- compare echo:100:125 -->\n\n" + echoSection + "\n\n<!-- end -->\nmore\n",
		"<!-- compare echo:1:1 -->\nkept\n<!-- end -->\n", "<!-- end -->\nlast\n",
	} {
		if !strings.Contains(once, want) {
			t.Errorf("no %q in\n%s", want, once)
		}
	}
	if strings.Contains(once, "old") {
		t.Errorf("something is left of before:\n%s", once)
	}
	if twice, err := outcome().Update(once); err != nil || twice != once {
		t.Errorf("the second time changes\n%s\n(%v)", twice, err)
	}
}

func TestUpdateNeedsPlaces(t *testing.T) {
	for _, document := range []string{
		"", "<!-- compare machine -->\n<!-- end -->\n<!-- compare echo:100:125 -->\n<!-- end -->\n<!-- compare idle:10:1024 -->\n",
	} {
		if got, err := outcome().Update(document); err == nil || !strings.Contains(err.Error(), "no place for") {
			t.Errorf("%q (%v)", got, err)
		}
	}
}

// The project's documents have a place for each table of a plain comparison,
// and of one of compression.
func TestDocumentsHavePlaces(t *testing.T) {
	for name, list := range map[string]string{"benchmarks.md": DefaultCells, "compression.md": "deflate"} {
		document, err := os.ReadFile("../../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		cells, err := ParseCells(list)
		if err != nil {
			t.Fatal(err)
		}
		o := &Outcome{}
		for _, cell := range cells {
			o.Tables = append(o.Tables, newIdleTable(&Plan{}, cell, nil))
		}
		updated, err := o.Update(string(document))
		if err != nil {
			t.Error(err)
		}
		if n := strings.Count(updated, "<!-- compare "); n != len(cells)+1 {
			t.Errorf("%s has %d places for %d tables and the machine", name, n, len(cells))
		}
	}
}

func TestComparison(t *testing.T) {
	c := outcome().Comparison()
	if len(c.Figures) != 2 || len(c.Peers) != 3 {
		t.Fatalf("%+v", c)
	}
	echo := c.Figures[0].Bars
	if !echo[0].Limit || !echo[1].Ours || echo[1].Value != 2 || echo[1].Text != "2.00 (2.00-2.00)" || echo[2].Missing != "needs 300 descriptors" {
		t.Errorf("%+v", echo)
	}
	if idle := c.Figures[1].Bars; idle[1].Value != 200 || idle[2].Missing != "" {
		t.Errorf("%+v", idle)
	}
}
