package main

import (
	"sync"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/fleet"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

const (
	sampled = 200 * time.Millisecond // how often the state is asked for
	lately  = 6                      // samples by which a rate is told
)

// series follows a run: it makes its points, and knows its state meanwhile.
type series struct {
	fleet    *fleet.Fleet
	server   *watch.Server
	interval time.Duration
	began    time.Time
	ended    chan struct{}
	done     sync.WaitGroup

	last   mark // of the last point, whose latencies are its
	before mark // of the one before it
	points []result.Point

	mu     sync.Mutex
	recent []result.Sample // the last ones
}

// mark is what the end of one point and the beginning of the next is told by.
type mark struct {
	result.Sample // its latencies are those since the mark before
	server, ours  time.Duration
}

func startSeries(f *fleet.Fleet, server *watch.Server, interval time.Duration) *series {
	s := &series{fleet: f, server: server, interval: interval, began: time.Now(), ended: make(chan struct{})}
	s.last = mark{server: server.CPU(), ours: f.CPU()}
	s.recent = []result.Sample{{}}
	s.done.Go(s.follow)
	return s
}

// stop ends the series and gives its points.
func (s *series) stop() []result.Point {
	close(s.ended)
	s.done.Wait()
	return s.points
}

func (s *series) elapsed() time.Duration { return time.Since(s.began) }

func (s *series) follow() {
	tick := time.NewTicker(min(sampled, s.interval))
	defer tick.Stop()
	var pending result.Sample
	for {
		select {
		case <-tick.C:
			s.sample(&pending)
			if pending.At/s.interval > s.last.At/s.interval { // a tick that is early by a hair shall not cost a point
				s.point(&pending)
			}
		case <-s.ended:
			s.sample(&pending)
			s.lastPoint(&pending)
			return
		}
	}
}

// sample brings what is to become a point up to date.
func (s *series) sample(pending *result.Sample) {
	now := s.fleet.Sample()
	now.At = s.elapsed()
	now.Latency.Merge(pending.Latency)
	*pending = now
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.recent) == lately {
		s.recent = append(s.recent[:0], s.recent[1:]...)
	}
	s.recent = append(s.recent, now)
}

// lastPoint makes a point of what is left. Less than a quarter of an interval
// would be all noise, and becomes a part of the point before.
func (s *series) lastPoint(pending *result.Sample) {
	if last := len(s.points) - 1; last >= 0 && pending.At-s.last.At < s.interval/4 {
		pending.Latency.Merge(s.last.Latency)
		s.last, s.points = s.before, s.points[:last]
	}
	s.point(pending)
}

// point makes a point of what has happened since the last one.
func (s *series) point(pending *result.Sample) {
	now := mark{*pending, s.server.CPU(), s.fleet.CPU()}
	seconds := (now.At - s.last.At).Seconds()
	s.points = append(s.points, result.Point{
		At: now.At, Open: now.Open, Errors: now.Errors - s.last.Errors,
		Rate:      float64(now.Messages-s.last.Messages) / seconds,
		Latency:   result.NewLatency(now.Latency),
		ServerRSS: s.server.RSS(),
		ServerCPU: (now.server - s.last.server).Seconds() / seconds,
		ClientCPU: (now.ours - s.last.ours).Seconds() / seconds,
	})
	s.before, s.last = s.last, now
	pending.Latency = result.Sample{}.Latency
}

// now gives the last sample.
func (s *series) now() result.Sample {
	now, _, _ := s.state()
	return now
}

// state gives the last sample, and at what rate messages and connections have
// come of late.
func (s *series) state() (now result.Sample, messages, conns float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, now := s.recent[0], s.recent[len(s.recent)-1]
	if seconds := (now.At - first.At).Seconds(); seconds > 0 {
		messages = float64(now.Messages-first.Messages) / seconds
		conns = float64(now.Open-first.Open) / seconds
	}
	return now, messages, conns
}
