package compare

import (
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/raw"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// The machine is half as fast in the second round, and of the first peer's two
// rounds only the same one is fit to compare with.
func TestLoadTable(t *testing.T) {
	us := func(n int) time.Duration { return time.Duration(n) * time.Microsecond }
	samples := [][]raw.Result{
		{{Count: 1000, Elapsed: time.Second, ClientCPU: us(4000), ServerCPU: us(4000)},
			{Count: 500, Elapsed: time.Second, ClientCPU: us(4000), ServerCPU: us(2000)}},
		{{Count: 1000, Elapsed: time.Second, ClientCPU: us(4000), ServerCPU: us(6000)},
			{Count: 500, Elapsed: time.Second, ClientCPU: us(4000), ServerCPU: us(3000)}},
	}
	table := newLoadTable(&Plan{Peers: []Peer{{Name: "limit"}, {Name: ours}}, Files: 1000}, Cell{raw.Echo, 10, 125, 1}, samples)
	own := table.Rows[1]
	for _, c := range []struct {
		name      string
		got, want Spread
	}{
		{"rate", own.Rate, Spread{750, 500, 1000}},
		{"server", own.Server, Spread{6000, 6000, 6000}},
		{"client", own.Client, Spread{6000, 4000, 8000}},
		{"cost", own.Cost, Spread{1.125, 0.75, 1.5}},
		{"of first", own.First, Spread{1.5, 1.5, 1.5}},
		{"of ours", own.Ours, Spread{1, 1, 1}},
		{"first of itself", table.Rows[0].First, Spread{1, 1, 1}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, c.got, c.want)
		}
	}
	var b strings.Builder
	report.Table(&b, table.Text())
	want := "            messages/s   server CPU   client CPU      server/client           of limit         of sockeye\n" +
		"  limit            750          4µs          6µs   0.75 (0.50-1.00)   1.00 (1.00-1.00)   0.67 (0.67-0.67)\n" +
		"  sockeye          750          6µs          6µs   1.12 (0.75-1.50)   1.50 (1.50-1.50)   1.00 (1.00-1.00)\n"
	if b.String() != want {
		t.Errorf("\n%s, want\n%s", b.String(), want)
	}
}

// Where large messages are echoed, the bytes a second are told too; ours is not
// compared with itself twice; and without the first peer there is no ratio.
func TestLoadTableColumns(t *testing.T) {
	result := raw.Result{Count: 100, Elapsed: time.Second, ClientCPU: 1000, ServerCPU: 1000}
	plan := &Plan{Peers: []Peer{{Name: ours}, {Name: "other"}}, Files: 1000}
	text := newLoadTable(plan, Cell{raw.Echo, 4, 1 << 20, 1}, [][]raw.Result{{result}, {result}}).Text()
	if head := strings.Join(text[0], " "); !strings.HasSuffix(head, "server/client of sockeye MB/s") || text[1][6] != "104" {
		t.Errorf("%v", text)
	}
	plan.Peers[0] = Peer{Name: "greedy", Descriptors: 300}
	text = newLoadTable(plan, Cell{raw.Setup, 4, 100, 1}, [][]raw.Result{nil, {result}}).Text()
	if text[0][1] != "connections/s" || text[1][1] != "needs 1,300 descriptors" || text[2][5] != "-" {
		t.Errorf("%v", text)
	}
}
