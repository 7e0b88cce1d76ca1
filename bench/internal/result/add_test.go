package result

import (
	"maps"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
)

func TestAdd(t *testing.T) {
	h := hist.New()
	h.Record(0, time.Second)
	latency := h.Take()
	one := Outcome{
		Conns: 2, Open: 1, Elapsed: time.Second, Sent: 7, Messages: 5, Late: 3, Cut: 1, CPU: time.Minute,
		Latency: latency, Connect: latency, Errors: map[string]int{"dial": 1},
	}
	first := Outcome{Groups: []Group{{"idle", one}}}
	first.Add(one)
	second := one
	second.Elapsed, second.Errors = time.Hour, map[string]int{"dial": 2, "closed": 1}
	second.Groups = []Group{{"chat", one}, {"idle", one}}
	first.Add(second)

	check := func(name string, o Outcome, errors map[string]int, elapsed time.Duration) {
		t.Helper()
		if o.Conns != 4 || o.Open != 2 || o.Sent != 14 || o.Messages != 10 || o.Late != 6 || o.Cut != 2 || o.CPU != 2*time.Minute ||
			o.Elapsed != elapsed || o.Latency.Count() != 2 || o.Connect.Count() != 2 || !maps.Equal(o.Errors, errors) {
			t.Errorf("%s: %+v", name, o)
		}
	}
	check("sum", first, map[string]int{"dial": 3, "closed": 1}, time.Hour)
	if len(first.Groups) != 2 || first.Groups[0].Name != "idle" || first.Groups[1].Name != "chat" || first.Groups[1].Conns != 2 {
		t.Fatalf("%+v", first.Groups)
	}
	check("idle", first.Groups[0].Outcome, map[string]int{"dial": 2}, time.Second)
	if one.Errors["dial"] != 1 {
		t.Error("what was added has changed")
	}
}
