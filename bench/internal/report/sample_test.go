package report

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// spread gives n latencies around a median, with a tail.
func spread(n int, median time.Duration) hist.Snapshot {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	h := hist.New()
	for range n {
		h.Record(0, time.Duration(float64(median)*math.Exp(random.NormFloat64()*0.5+max(0, random.ExpFloat64()-5))))
	}
	return h.Take()
}

// sampleReport is the report of an echo load as it may be.
func sampleReport() *result.Report {
	r := &result.Report{
		Mode:     "echo",
		Command:  []string{"bench", "echo", "-url", "ws://127.0.0.1:8080/", "-conns", "1000"},
		Started:  time.Date(2026, 11, 22, 4, 44, 38, 0, time.UTC),
		Machine:  "Intel(R) Xeon(R) Processor, Linux 6.18.5, go1.26.8",
		URL:      "ws://127.0.0.1:8080/",
		Settings: []result.Setting{{Name: "size", Value: "125 B"}, {Name: "depth", Value: "1"}, {Name: "duration", Value: "60s"}},
		Conns:    1000, Opened: 1000, Held: 1000,
		DialTime: 412 * time.Millisecond,
		Load: result.Outcome{
			Conns: 1000, Open: 1000, Elapsed: 60 * time.Second, Sent: 2_400_000, Messages: 2_400_000,
			Latency: spread(5000, 8*time.Millisecond), Connect: spread(1000, time.Millisecond), CPU: 57 * time.Second,
		},
		Steps: []result.Step{
			{Name: "open", Elapsed: 412 * time.Millisecond},
			{Name: "first echo", At: 412 * time.Millisecond, Elapsed: 4 * time.Second},
			{Name: "load", At: 5 * time.Second, Elapsed: 60 * time.Second},
		},
		Server: result.Server{
			CPU: 58 * time.Second, RSSPerConn: 131,
			Before: watch.Snapshot{RSS: 9 << 20, Goroutines: 9, Threads: 6, Heap: 1 << 20, GCCount: 4, GCPauseTotal: time.Millisecond, GCPauseMax: 400 * time.Microsecond},
			After:  watch.Snapshot{RSS: 9<<20 + 131_000, Goroutines: 10, Threads: 7, Heap: 1<<20 + 96_000, GCCount: 9, GCPauseTotal: 3 * time.Millisecond, GCPauseMax: 700 * time.Microsecond},
		},
	}
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 65 {
		p := result.Point{At: time.Duration(i+1) * time.Second, Open: 1000, ServerRSS: 11<<20 + random.Int64N(200_000), ServerCPU: 0.1, ClientCPU: 0.1}
		if i >= 5 {
			l := time.Duration(7_000_000 + random.Int64N(2_000_000))
			p.Rate = 40_000 + 3000*random.NormFloat64()
			p.Latency = result.Latency{P50: l, P90: l * 2, P99: l * 4, P999: l * 6, Max: l*7 + time.Duration(random.ExpFloat64()*5e7)}
			p.ServerCPU, p.ClientCPU = 0.95+0.05*random.Float64(), 0.93+0.05*random.Float64()
		}
		r.Series = append(r.Series, p)
	}
	return r
}
