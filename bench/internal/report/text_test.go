package report

import (
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

func text(t *testing.T, r *result.Report) string {
	t.Helper()
	var b strings.Builder
	if err := Text(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// constant gives n latencies that are all the same.
func constant(n int, d time.Duration) hist.Snapshot {
	h := hist.New()
	for range n {
		h.Record(0, d)
	}
	return h.Take()
}

func TestTextOfEcho(t *testing.T) {
	r := sampleReport()
	r.Load.Latency, r.Load.Connect = constant(10, 64), constant(10, 32)
	want := `echo ws://127.0.0.1:8080/: 1,000 connections, size 125 B, depth 1, duration 60s
  opened       1,000 of 1,000 in 412ms   (1,000 at the end, 0 lost)
  connect      p50 32ns   p90 32ns   p99 32ns   p99.9 32ns   max 32ns
  messages     2,400,000 in 1m, all verified
  rate         40,000/s
  latency      p50 64ns   p90 64ns   p99 64ns   p99.9 64ns   max 64ns
  client CPU   23.8µs per message   (0.95 processors busy)
  server CPU   24.2µs per message   (0.97 processors busy)
  server RSS   131 B per connection   (9.0 MiB -> 9.1 MiB)
  heap         1.0 MiB -> 1.1 MiB
  goroutines   9 -> 10
  threads      6 -> 7
  GC pauses    2ms in 5 collections   (longest since the server began: 700µs)
  No errors.
`
	if got := text(t, r); got != want {
		t.Errorf("\n%s, want\n%s", got, want)
	}
}

func TestTextOfWhatWentWrong(t *testing.T) {
	r := sampleReport()
	r.Interrupted = true
	r.Warnings = []string{"too few ports; set them:\nsysctl -w x=y"}
	r.Lost, r.Held = 2, 998
	r.Load.Late = 1234
	r.Load.Messages--
	r.Errors = map[string]int{"rare": 1, "also rare": 1, "frequent": 1200}
	r.Budgets = []result.Budget{{Condition: "p99<50ms", Value: "41ms", Met: true}, {Condition: "errors=0", Value: "1,202"}}
	got := text(t, r)
	for _, want := range []string{
		"  Interrupted: this is what happened until then.\n",
		"  Warning: too few ports; set them:\n    sysctl -w x=y\n",
		"(998 at the end, 2 lost)",
		"2,400,000 sent, 2,399,999 received in 1m, all of these verified",
		"late         1,234 messages due",
		"  Errors:\n     1,200  frequent\n         1  also rare\n         1  rare\n",
		"  Budgets:\n    met      p99<50ms   (41ms)\n    NOT met  errors=0   (1,202)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestTextOfGroups(t *testing.T) {
	r := sampleReport()
	r.Mode = "mixed"
	r.Load.Groups = []result.Group{
		{Name: "idle", Outcome: result.Outcome{Conns: 9000, Open: 8997, Cut: 2, Errors: map[string]int{"connection lost": 1}}},
		{Name: "chat", Outcome: result.Outcome{Conns: 900, Open: 900, Messages: 5000, Elapsed: 10 * time.Second, Latency: constant(5, 500)}},
	}
	want := `
  group   connections    open   cut   messages    rate     p50     p99     max   errors
  idle          9,000   8,997     2                                                   1
  chat            900     900            5,000   500/s   500ns   500ns   500ns        0

`
	if got := text(t, r); !strings.Contains(got, want) {
		t.Errorf("no %s in\n%s", want, got)
	}
}
