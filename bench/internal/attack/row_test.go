package attack

import (
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
)

// latencies gives a histogram of one value.
func latencies(d time.Duration) hist.Snapshot {
	h := hist.New()
	h.Record(0, d)
	return h.Take()
}

// met gives a row that meets all targets of [example], to the last byte.
func met() *Row {
	return &Row{
		Report: Report{Answers: map[string]int{"cut": 2, "close 1009": 5}, Met: map[string]int{"503": 1}, Longest: time.Second},
		Pinned: MaxPinned, Buffered: 100, Left: MaxLeft,
		Calm: latencies(2 * time.Millisecond), During: latencies(4 * time.Millisecond),
	}
}

var example = &Attack{Answers: []string{"close 1009", "cut"}, Meets: []string{"503"}, Within: time.Second, Buffered: 100}

func TestJudge(t *testing.T) {
	for want, change := range map[string]func(r *Row){
		"":                               func(r *Row) {},
		`3 answers were "held"`:          func(r *Row) { r.Answers["held"] = 3 },
		`1 met "429"`:                    func(r *Row) { r.Met["429"] = 1 },
		"no attack was completed":        func(r *Row) { r.Answers = nil },
		"lasted 1.001s, longer than 1s":  func(r *Row) { r.Longest += time.Millisecond },
		"pinned 1114113 bytes":           func(r *Row) { r.Pinned++ },
		"buffered 101 bytes":             func(r *Row) { r.Buffered++ },
		"8388609 bytes more than before": func(r *Row) { r.Left++ },
		"neighbours' p99":                func(r *Row) { r.During = latencies(5 * time.Millisecond) },
		"neighbours: closed (2)":         func(r *Row) { r.Errors = map[string]int{"closed": 2} },
		"afterwards":                     func(r *Row) { r.Missed = []string{"afterwards"} },
	} {
		r := met()
		change(r)
		example.Judge(r)
		if got := strings.Join(r.Missed, "; "); want == "" && got != "" || !strings.Contains(got, want) || len(r.Missed) > 1 {
			t.Errorf("missed %q, want %q", got, want)
		}
	}
}

// An attack may be allowed to pin more.
func TestJudgePins(t *testing.T) {
	lenient := *example
	lenient.Pins = MaxPinned + 1
	for _, pinned := range []int64{MaxPinned + 1, MaxPinned + 2} {
		r := met()
		r.Pinned = pinned
		lenient.Judge(r)
		if missed := len(r.Missed) > 0; missed != (pinned > lenient.Pins) {
			t.Errorf("%d bytes: %q", pinned, r.Missed)
		}
	}
}

// What nobody notices is no failure, nor what was not measured long enough.
func TestJudgeOfLatencies(t *testing.T) {
	short, hurried, disturbed := met(), met(), met()
	short.Calm, short.During = latencies(100*time.Microsecond), latencies(990*time.Microsecond)
	hurried.During, hurried.Hurried = latencies(time.Second), true
	disturbed.During, disturbed.Disturbed = latencies(time.Second), true
	for _, r := range []*Row{short, hurried, disturbed} {
		if example.Judge(r); len(r.Missed) > 0 {
			t.Errorf("missed %v", r.Missed)
		}
	}
	if got := disturbed.Verdict(); got != "met, but for the latency" {
		t.Errorf("verdict of a latency that is not known: %q", got)
	}
}

func TestTable(t *testing.T) {
	r := met()
	r.Attack, r.Conns, r.Served = "example", 7, time.Minute
	o := Outcome{Rows: []Row{*r, *r}}
	o.Rows[1].Missed = []string{"this", "that"}
	var b strings.Builder
	if err := o.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"| attack |", "|---|", "| example | 7 | close 1009 × 5, cut × 2 (503 × 1) | 1s | 1.1 MiB |", "missed: this; that |", "2ms → 4ms"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("no %q in:\n%s", part, b.String())
		}
	}
	if got := o.Rows[1].Text(); !strings.Contains(got, "MISSED: this\n  MISSED: that\n") || !strings.Contains(got, "all within 1m") {
		t.Error(got)
	}
}

func TestUpdate(t *testing.T) {
	one := Outcome{Machine: "a machine", Rows: []Row{*met()}}
	document := "before\n" + placeOne + "old\n" + placeEnd + "\nafter\n"
	for range 2 { // the second time it replaces the first
		var err error
		if document, err = one.Update(document); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(document, "old") || strings.Count(document, "on a machine.") != 1 || !strings.HasSuffix(document, "|\n\n<!-- end -->\nafter\n") {
		t.Error(document)
	}
	two := Outcome{Rows: []Row{{Server: "one", Attack: "a", Report: Report{Answers: map[string]int{"cut": 1}}}, {Server: "two", Attack: "a"}}}
	if _, err := two.Update(document); err == nil {
		t.Error("there was no place for a comparison")
	}
	got, err := two.Update(placePeers + placeEnd)
	if err != nil || !strings.Contains(got, "| attack | one | two |\n|---|---|---|\n| a | cut; 0 B | failed |\n") {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestFind(t *testing.T) {
	if all, err := Find(nil); err != nil || len(all) != len(All) {
		t.Errorf("%d attacks (%v), want all", len(all), err)
	}
	if some, err := Find([]string{"split", "busy"}); err != nil || len(some) != 2 || some[1].Name != "busy" {
		t.Errorf("%v (%v)", some, err)
	}
	if _, err := Find([]string{"nice"}); err == nil || !strings.Contains(err.Error(), "slowloris") {
		t.Errorf("%v", err)
	}
}

// Names tell attacks apart, and each says what it does and what is right.
func TestAll(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range All {
		if seen[a.Name] || a.Does == "" || a.Conns < 1 || len(a.Answers) == 0 || a.play == nil {
			t.Errorf("%+v", a)
		}
		seen[a.Name] = true
	}
}

func TestAdd(t *testing.T) {
	r := Report{Answers: map[string]int{"cut": 1}, Longest: time.Second}
	r.Add(Report{Answers: map[string]int{"cut": 2, "echo": 3}, Met: map[string]int{"503": 4}, Longest: time.Minute, Served: time.Hour})
	if r.Answers["cut"] != 3 || r.Answers["echo"] != 3 || r.Met["503"] != 4 || r.Longest != time.Minute || r.Served != time.Hour {
		t.Errorf("%+v", r)
	}
}
