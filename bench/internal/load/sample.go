package load

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Sample tells the state of the group now; its latencies are those since the
// call before. At counts from [New].
func (g *Group) Sample() result.Sample {
	s := result.Sample{At: clock() - g.record.began, Open: g.Open(), Errors: g.Errors.Total()}
	for _, part := range append(g.parts(), g) {
		latency, messages := part.record.sample()
		s.Messages += messages
		if !part.apart {
			s.Latency.Merge(latency)
		}
	}
	return s
}

// record is what a group measures. Connections write to the histograms; what
// those hold moves to the snapshots when somebody wants to know.
type record struct {
	latency, connect *hist.Histogram
	late             atomic.Uint64 // in latency: of messages that were never sent
	began            time.Duration

	mu             sync.Mutex
	step, interval hist.Snapshot // latencies since the step began, and since the last sample
	all, before    uint64        // how many there were in all, and late ones before the step
}

func newRecord() *record {
	return &record{latency: hist.New(), connect: hist.New(), began: clock()}
}

// overdue records a message that was never sent.
func (r *record) overdue(who uint64, age time.Duration) {
	r.latency.Record(who, age) // first, so that never more are late than there are
	r.late.Add(1)
}

func (r *record) drainLocked() {
	taken := r.latency.Take()
	r.step.Merge(taken)
	r.interval.Merge(taken)
	r.all += taken.Count()
}

// begin begins a step.
func (r *record) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drainLocked()
	r.step, r.before = hist.Snapshot{}, r.late.Load()
	r.connect.Take()
}

// end gives what was measured since begin.
func (r *record) end() result.Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	late := r.late.Load() - r.before
	r.drainLocked()
	return result.Outcome{Messages: r.step.Count() - late, Late: late, Latency: r.step, Connect: r.connect.Take()}
}

// sample gives the latencies since the call before, and the number of messages
// so far.
func (r *record) sample() (interval hist.Snapshot, messages uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	late := r.late.Load()
	r.drainLocked()
	interval, r.interval = r.interval, hist.Snapshot{}
	return interval, r.all - late
}
