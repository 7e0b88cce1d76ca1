package load

import (
	"sync"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Sample tells the state of the group now; its latencies are those since the
// call before. At counts from [New].
func (g *Group) Sample() result.Sample {
	s := result.Sample{At: clock() - g.record.began, Open: g.Open(), Errors: g.Errors.Total()}
	g.sampleInto(&s)
	for _, part := range g.mixed() {
		part.sampleInto(&s)
	}
	return s
}

func (g *Group) sampleInto(s *result.Sample) {
	latency, messages := g.record.sample()
	s.Messages += messages
	if !g.apart {
		s.Latency.Merge(latency)
	}
}

// record is what a group measures. Connections write to the histograms; what
// those hold moves to the snapshots when somebody wants to know.
type record struct {
	latency, connect *hist.Histogram
	began            time.Duration

	mu             sync.Mutex
	late           uint64        // in latency: messages that were never sent
	step, interval hist.Snapshot // latencies since the step began, and since the last sample
	all, before    uint64        // how many there were in all, and late ones before the step
}

func newRecord() *record {
	return &record{latency: hist.New(), connect: hist.New(), began: clock()}
}

// overdue records messages that were never sent, as [schedule.late] does.
func (r *record) overdue(s schedule, who, k, every, most uint64, end time.Duration) {
	r.mu.Lock() // a sample has them in both or in neither
	defer r.mu.Unlock()
	r.late += s.late(r.latency, who, k, every, most, end)
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
	r.step, r.before = hist.Snapshot{}, r.late
	r.connect.Take()
}

// end gives what was measured since begin.
func (r *record) end() result.Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	late := r.late - r.before
	r.drainLocked()
	return result.Outcome{Messages: r.step.Count() - late, Late: late, Latency: r.step, Connect: r.connect.Take()}
}

// sample gives the latencies since the call before, and the number of messages
// so far.
func (r *record) sample() (interval hist.Snapshot, messages uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drainLocked()
	interval, r.interval = r.interval, hist.Snapshot{}
	return interval, r.all - r.late
}
