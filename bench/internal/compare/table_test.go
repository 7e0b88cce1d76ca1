package compare

import (
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/raw"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

func TestSpread(t *testing.T) {
	cases := []struct {
		values []float64
		want   Spread
	}{
		{[]float64{3}, Spread{3, 3, 3}},
		{[]float64{9, 1}, Spread{5, 1, 9}},
		{[]float64{2, 9, 1}, Spread{2, 1, 9}},
		{[]float64{4, 1, 2, 9}, Spread{3, 1, 9}},
	}
	for _, c := range cases {
		if got := newSpread(c.values); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.values, got, c.want)
		}
	}
}

// The machine is half as fast in the second round, and of the first peer's two
// rounds only the same one is fit to compare with.
func TestTable(t *testing.T) {
	us := func(n int) time.Duration { return time.Duration(n) * time.Microsecond }
	samples := [][]raw.Result{
		{{Messages: 1000, Elapsed: time.Second, ClientCPU: us(4000), ServerCPU: us(4000)},
			{Messages: 500, Elapsed: time.Second, ClientCPU: us(4000), ServerCPU: us(2000)}},
		{{Messages: 1000, Elapsed: time.Second, ClientCPU: us(4000), ServerCPU: us(6000)},
			{Messages: 500, Elapsed: time.Second, ClientCPU: us(4000), ServerCPU: us(3000)}},
	}
	table := newTable([]Peer{{Name: "limit"}, {Name: "ours"}}, Cell{Size: 125, Conns: 10, Depth: 1}, samples)
	ours := table.Rows[1]
	for _, c := range []struct {
		name      string
		got, want Spread
	}{
		{"rate", ours.Rate, Spread{750, 500, 1000}},
		{"server", ours.Server, Spread{6000, 6000, 6000}},
		{"client", ours.Client, Spread{6000, 4000, 8000}},
		{"cost", ours.Cost, Spread{1.125, 0.75, 1.5}},
		{"of first", ours.First, Spread{1.5, 1.5, 1.5}},
		{"first of itself", table.Rows[0].First, Spread{1, 1, 1}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, c.got, c.want)
		}
	}
	var b strings.Builder
	report.Table(&b, table.Text())
	want := "          messages/s   server CPU   client CPU      server/client           of limit\n" +
		"  limit          750          4µs          6µs   0.75 (0.50-1.00)   1.00 (1.00-1.00)\n" +
		"  ours           750          6µs          6µs   1.12 (0.75-1.50)   1.50 (1.50-1.50)\n"
	if b.String() != want {
		t.Errorf("\n%s, want\n%s", b.String(), want)
	}
}
