package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// soaked is a server, and what it used.
type soaked struct {
	trial *trial

	Name   string       `json:"name"`
	Before soakPoint    `json:"before"` // when all had gone that warmed it up
	After  soakPoint    `json:"after"`  // when all had gone at the end
	Points []*soakPoint `json:"series"` // garbage included

	now   soakPoint
	alike int // times that it was the same
}

// soakPoint is what a server used at a time.
type soakPoint struct {
	At time.Duration `json:"at_ns"` // since the run began
	watch.Snapshot
	Descriptors int `json:"descriptors"`
}

// soakFigure is what is looked at, and how much more of it there may be at the
// end.
type soakFigure struct {
	name  string
	of    func(p *soakPoint) int64
	write func(int64) string

	// What may be more is the larger of a tenth and this; 0: nothing.
	slack int64
}

// What the engine has is exact. Memory is the runtime's: after a collection it
// keeps spans that are not full, caches of freed ones for each processor, and
// tables as large as they ever were. It starts threads as system calls take
// long, and ends none.
var soakFigures = []soakFigure{
	{"connections", func(p *soakPoint) int64 { return int64(p.Connections) }, report.Count[int64], 0},
	{"timers", func(p *soakPoint) int64 { return int64(p.Timers) }, report.Count[int64], 0},
	{"goroutines", func(p *soakPoint) int64 { return int64(p.Goroutines) }, report.Count[int64], 0},
	{"descriptors", func(p *soakPoint) int64 { return int64(p.Descriptors) }, report.Count[int64], 0},
	{"in buffers", func(p *soakPoint) int64 { return p.Buffered }, report.Bytes, 0},
	{"live heap", func(p *soakPoint) int64 { return p.Heap }, report.Bytes, 512 << 10},
	{"RSS", func(p *soakPoint) int64 { return p.RSS }, report.Bytes, 4 << 20},
	{"threads", func(p *soakPoint) int64 { return int64(p.Threads) }, report.Count[int64], 4},
}

// most gives how much of the figure there may be at the end.
func (f *soakFigure) most(before *soakPoint) int64 {
	n := f.of(before)
	if f.slack > 0 {
		n += max(n/10, f.slack)
	}
	return n
}

// judge tells what has not come back.
func (s *soaked) judge() (failed []string) {
	for _, f := range soakFigures {
		if n, most := f.of(&s.now), f.most(&s.Before); n > most {
			failed = append(failed, fmt.Sprintf("%s: %s, of which there were %s before", f.name, f.write(n), f.write(f.of(&s.Before))))
		}
	}
	return failed
}

// calmLooks is how often a server must look the same to be calm.
const calmLooks = 4

// calm reports whether no connection is left, and all that is counted exactly
// has stayed the same for a while.
func (s *soaked) calm() bool {
	n := &s.now
	return n.Connections == 0 && n.Timers == 0 && n.Buffered == 0 && s.alike >= calmLooks
}

// look takes the state, by glance without disturbing the server. Descriptors
// come first: afterwards there may still be one for the debug page.
func (s *soaked) look(since time.Time, glance bool) (p soakPoint, err error) {
	p.At = time.Since(since)
	if p.Descriptors, err = proc.Descriptors(s.trial.server.PID()); err != nil {
		return p, err
	}
	if glance {
		p.Snapshot, err = s.trial.server.Glance()
	} else {
		p.Snapshot, err = s.trial.server.Snapshot()
	}
	return p, err
}

// settle waits until all servers are as they should, at most as long as what
// they wait for themselves and some more. It takes what they use then.
func (s *soak) settle(ctx context.Context, doing string, settled func(*soaked) bool) {
	defer report.ProgressLog(func() string { return doing + "  " + s.line() })()
	for end := time.Now().Add(3*s.limit + s.patience); ; pauseFor(ctx, 500*time.Millisecond) {
		all := true
		for _, server := range s.servers {
			before := server.now
			p, err := server.look(s.began, false)
			if err != nil {
				server.trial.check(false, "%v", err)
				return
			}
			if server.now = p; p.Goroutines == before.Goroutines && p.Descriptors == before.Descriptors {
				server.alike++
			} else {
				server.alike = 0
			}
			all = settled(server) && all
		}
		if all || ctx.Err() != nil || time.Now().After(end) {
			return
		}
	}
}

func pauseFor(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// sample makes points at intervals until stop is called.
func (s *soak) sample() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ; ctx.Err() == nil; pauseFor(ctx, s.interval) {
			for _, server := range s.servers {
				if p, err := server.look(s.began, true); err == nil {
					server.Points = append(server.Points, &p)
				}
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
