package main

import (
	"context"
	"fmt"
	"os"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// serverOwn is what the server may hold beside its connections. With the
// target for each of them that is 160 MB for a million.
const serverOwn = 32_000_000

// idle leaves all connections alone, and looks at what they cost.
func (m *million) idle(ctx context.Context) {
	fmt.Printf("\n3. All are idle for %v.\n", m.hold)
	m.crowd.Hold(ctx, m.hold)
	r := &m.outcome
	r.Held = m.crowd.Connected()
	r.Lost = r.Open.Open - r.Held
	m.measure()
	m.tellIdle()
	s, allowed := &r.Server, serverOwn+int64(m.conns)*idleTarget
	m.check(r.Lost == 0, "%s lost", report.Plural(r.Lost, "connection"))
	m.check(s.After.RSS > 0 && s.After.RSS <= allowed, "the server holds %s, more than %s", report.Bytes(s.After.RSS), report.Bytes(allowed))
	m.check(s.After.Goroutines-s.Before.Goroutines <= moreGoroutines, "goroutines grew from %d to %d", s.Before.Goroutines, s.After.Goroutines)
}

// measure takes the memory now, the server's after a garbage collection.
func (m *million) measure() {
	r := &m.outcome
	r.Kernel.After = m.kernel()
	r.Server.After = m.snapshot()
	var err error
	r.PeakRSS, err = proc.PeakRSS(m.program.PID())
	m.check(err == nil, "%v", err)
	if n := int64(r.Held); n > 0 {
		r.Server.RSSPerConn = (r.Server.After.RSS - r.Server.Before.RSS) / n
		r.Kernel.PerConn = (r.Kernel.After - r.Kernel.Before) / n
	}
}

func (m *million) kernel() int64 {
	n, err := proc.KernelMemory()
	m.check(err == nil, "%v", err)
	return n
}

func (m *million) tellIdle() {
	r := &m.outcome
	before, after := r.Server.Before, r.Server.After
	report.Lines(os.Stdout, [][2]string{
		{"held", fmt.Sprintf("%s, %s lost", report.Count(r.Held), report.Count(r.Lost))},
		{"server RSS", report.Memory(&r.Server) + fmt.Sprintf(" after a garbage collection; %s at most", report.Bytes(r.PeakRSS))},
		{"kernel", fmt.Sprintf("%s per connection, both ends   (%s -> %s)", report.Bytes(r.Kernel.PerConn), report.Bytes(r.Kernel.Before), report.Bytes(r.Kernel.After))},
		{"goroutines", report.Grown(before.Goroutines, after.Goroutines, report.Count)},
		{"threads", report.Grown(before.Threads, after.Threads, report.Count)},
		{"GC pauses", fmt.Sprintf("%s in %s since the server began, %s at most", report.Duration(after.GCPauseTotal),
			report.Plural(after.GCCount, "collection"), report.Duration(after.GCPauseMax))},
	})
}
