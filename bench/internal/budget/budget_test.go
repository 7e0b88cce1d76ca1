package budget

import (
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// latencies gives a histogram of one duration.
func latencies(d time.Duration) hist.Snapshot {
	h := hist.New()
	h.Record(0, d)
	return h.Take()
}

// measured is a report that knows everything.
func measured() *result.Report {
	return &result.Report{
		Opened: 100, Held: 98, Lost: 2,
		Load: result.Outcome{
			Elapsed: 2 * time.Second, Messages: 1000, Late: 3, Cut: 4, CPU: 20 * time.Millisecond,
			Latency: latencies(5 * time.Millisecond), Connect: latencies(7 * time.Millisecond),
		},
		Server: result.Server{
			CPU: 10 * time.Millisecond, RSSPerConn: 120,
			Before: watch.Snapshot{RSS: 1 << 20}, After: watch.Snapshot{RSS: 2 << 20, Goroutines: 9},
		},
		Errors: map[string]int{"dial": 3, "closed": 2},
	}
}

func TestEachMetric(t *testing.T) {
	for text, value := range map[string]string{
		"p50<6ms": "5ms", "p90<=6ms": "5ms", "p99<6ms": "5ms", "p999<6ms": "5ms", "max=5ms": "5ms", "mean>4ms": "5ms",
		"connect_p99<8ms": "7ms", "connect_max=7ms": "7ms",
		"errors=5": "5", "lost=2": "2", "cut<=4": "4", "held=98": "98", "opened>=100": "100", "late<=3": "3", "messages>999": "1,000",
		"rate>=500": "500/s", "rss=2MiB": "2.0 MiB", "rss_per_conn<128": "120 B", "goroutines<10": "9",
		"server_cpu_per_message<=10us": "10µs", "client_cpu_per_message=20us": "20µs",
	} {
		b, err := Parse(text)
		if err != nil {
			t.Error(err)
			continue
		}
		got := b.Judge(measured())
		if len(got) != 1 || !got[0].Met || got[0].Condition != text || got[0].Value != value {
			t.Errorf("%+v, want %s to be met by %s", got, text, value)
		}
	}
}

func TestOperators(t *testing.T) {
	for text, met := range map[string]bool{
		"lost<2": false, "lost<3": true, "lost<=1": false, "lost<=2": true, "lost>2": false, "lost>1": true,
		"lost>=3": false, "lost>=2": true, "lost=1": false, "lost=2": true, " lost = 2 ": true,
	} {
		b, err := Parse(text)
		if err != nil || Met(b.Judge(measured())) != met {
			t.Errorf("%s: %+v (%v), want %v", text, b.Judge(measured()), err, met)
		}
	}
}

// What is not known cannot be promised.
func TestUnknownIsNotMet(t *testing.T) {
	b, err := Parse("p99<1h,mean<1h,connect_max<1h,rate>=0,rss>=0,rss_per_conn<1GiB,goroutines<9,server_cpu_per_message<1h,client_cpu_per_message<1h")
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range b.Judge(&result.Report{}) {
		if j.Met || j.Value != "not known" {
			t.Errorf("%+v", j)
		}
	}
}

func TestAllMustBeMet(t *testing.T) {
	b, err := Parse("p99<1ms,errors=5")
	if err != nil {
		t.Fatal(err)
	}
	judged := b.Judge(measured())
	if Met(judged) || judged[0].Met || !judged[1].Met {
		t.Errorf("%+v", judged)
	}
	if !b.On("errors") || b.On("lost") {
		t.Error("On tells of other metrics than there are")
	}
	if none := (&Budgets{}).Judge(measured()); !Met(none) {
		t.Errorf("no budgets: %+v", none)
	}
}

func TestFlag(t *testing.T) {
	var b Budgets
	if err := b.Set("p99<50ms, errors = 0"); err != nil {
		t.Fatal(err)
	}
	if err := b.Set("rss_per_conn<128"); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != "p99<50ms,errors=0,rss_per_conn<128" {
		t.Error(got)
	}
}

func TestWrongBudgets(t *testing.T) {
	for text, want := range map[string]string{
		"":                "a comma too many?",
		"p99":             "has none of < <= > >= =",
		"p98<1ms":         "is none of client_cpu_per_message, ",
		"errors=none":     "no number",
		"errors=NaN":      "no number",
		"errors==0":       "no number",
		"p99<50":          "50ms or 1.5s",
		"rss<1.5 GB":      "64KiB or 1.5MiB",
		"errors=0,":       "a comma too many?",
		"errors=0;lost=0": "no number",
	} {
		if b, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) || b.String() != "" {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"p99<50ms,errors=0,rss_per_conn<128", "rss<=1.5MiB", "lost >= 0x1p-2", "max<", "=,=", "connect_p50>1h2m"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(b.String())
		if err != nil || again.String() != b.String() {
			t.Errorf("%q is read as %q, and that as %q (%v)", text, b.String(), again.String(), err)
		}
		for _, j := range b.Judge(measured()) {
			if j.Value == "" || j.Value == "not known" {
				t.Errorf("%+v", j)
			}
		}
	})
}
