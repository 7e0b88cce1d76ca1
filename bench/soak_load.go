package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/fault"
	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// What is played beside the scenario.
const (
	soakChurners    = 20 // connections at a time that come and go
	soakChurnRate   = 50 // of them in a second
	soakReceivers   = 200
	soakPublishRate = 20     // broadcasts in a second
	soakMessageRate = 20_000 // limit of what one connection sends in a second
)

// soakLoad is what is played at the same time for a while.
type soakLoad struct {
	mixed, churn, receivers *load.Group
	faults                  []*fault.Play // for each server

	mu  sync.Mutex
	out *soakReport
}

// load plays everything for d; then all of it leaves.
func (s *soak) load(ctx context.Context, d time.Duration, doing string) {
	l, err := s.newLoad()
	if err != nil {
		s.check(false, "%v", err)
		return
	}
	began := time.Now()
	stop := report.ProgressLog(func() string {
		g := report.Gauge{Doing: doing, Elapsed: time.Since(began), Length: d, Errors: l.errors()}
		g.Rate = float64(l.messages()) / time.Since(began).Seconds()
		return g.String() + "  " + s.line()
	})
	defer stop()
	faulty, heal := context.WithCancel(ctx)
	defer heal()
	var players sync.WaitGroup
	for _, play := range l.faults {
		players.Go(func() { play.Run(faulty) })
	}
	var loads sync.WaitGroup
	loads.Go(func() { l.playMixed(ctx, s.scenario, d) })
	loads.Go(func() { l.playChurn(ctx, d) })
	loads.Go(func() { l.playBroadcast(ctx, d) })
	loads.Wait()
	heal()
	players.Wait()
	for i, play := range l.faults {
		l.count(result.Outcome{Errors: named(s.servers[i].Name, play.Errors())}, "")
		for kind, n := range play.Played() {
			s.out.Faults[kind] += n
		}
	}
}

func (s *soak) newLoad() (*soakLoad, error) {
	l := &soakLoad{out: &s.out}
	largest, groups := 0, s.scenario.Groups
	for _, h := range groups {
		largest = max(largest, h.MaxSize)
	}
	echo, broadcast := s.servers[0].trial.url("/"), s.servers[1].trial.url("/")
	conns := s.scenario.Conns()
	var err error
	for _, g := range []struct {
		group   **load.Group
		options load.Options
	}{
		{&l.mixed, load.Options{URL: echo, Conns: conns, MaxSize: largest}},
		{&l.churn, load.Options{URL: echo, Conns: soakChurners, First: conns, MaxSize: 1024}},
		{&l.receivers, load.Options{URL: broadcast, Conns: soakReceivers, MaxSize: 1024}},
	} {
		g.options.Parallel, g.options.MaxDepth = 16, 1
		if *g.group, err = load.New(g.options); err != nil {
			return nil, err
		}
	}
	for i, server := range s.servers {
		l.faults = append(l.faults, fault.New(fault.Options{
			Addr: server.trial.program.Addr, Clients: s.clients, Pause: 200 * time.Millisecond, Seed: uint64(i),
			Messages:         i == 0,
			HandshakeTimeout: s.limit, IdleTimeout: s.limit, WriteTimeout: s.limit,
			MaxMessageRate: soakMessageRate, Patience: s.patience,
		}))
	}
	return l, nil
}

func (l *soakLoad) playMixed(ctx context.Context, scenario load.Scenario, d time.Duration) {
	l.mixed.DialMixed(ctx, scenario)
	o := l.mixed.Play(ctx, d)
	l.mixed.Close()
	o.Errors = l.mixed.Errors.Kinds()
	l.count(o, "mixed")
}

func (l *soakLoad) playChurn(ctx context.Context, d time.Duration) {
	o := l.churn.Churn(ctx, load.Churn{Messages: 3, Size: 1024, Rate: soakChurnRate, Duration: d})
	l.churn.Close()
	o.Errors = l.churn.Errors.Kinds()
	l.count(o, "churn")
}

func (l *soakLoad) playBroadcast(ctx context.Context, d time.Duration) {
	l.receivers.Dial(ctx)
	o := l.receivers.Broadcast(ctx, load.Broadcast{Size: 1024, Rate: soakPublishRate, Duration: d})
	l.receivers.Close()
	o.Errors = l.receivers.Errors.Kinds()
	l.count(o, "broadcast")
}

// count adds what a part of the load came to.
func (l *soakLoad) count(o result.Outcome, part string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out.Messages += o.Messages
	l.out.Conns += o.Conns
	l.out.Cut += o.Cut
	for kind, n := range named(part, o.Errors) {
		l.out.Errors[kind] += n
	}
}

// named puts a name before each kind of error.
func named(name string, kinds map[string]int) map[string]int {
	all := map[string]int{}
	for kind, n := range kinds {
		all[strings.TrimPrefix(name+": "+kind, ": ")] += n
	}
	return all
}

func (l *soakLoad) messages() (n uint64) {
	for _, g := range []*load.Group{l.mixed, l.churn, l.receivers} {
		n += g.Sample().Messages
	}
	return n
}

func (l *soakLoad) errors() (n int) {
	for _, g := range []*load.Group{l.mixed, l.churn, l.receivers} {
		n += g.Errors.Total()
	}
	for _, play := range l.faults {
		n += sum(play.Errors())
	}
	return n
}

// line tells of the servers while they are loaded.
func (s *soak) line() (text string) {
	for _, server := range s.servers {
		text += fmt.Sprintf("  %s %s", server.Name, report.Bytes(server.trial.server.RSS()))
	}
	return strings.TrimSpace(text)
}
