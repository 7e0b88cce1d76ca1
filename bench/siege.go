package main

import (
	"context"
	"sync"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/attack"
	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// siege is one attack on a fresh server.
type siege struct {
	*attack.Attack
	times attackTimes
	besieged
	server     *proc.Server
	snapshot   func() (watch.Snapshot, error)
	neighbours *load.Group
	row        attack.Row

	before watch.Snapshot // with the neighbours only
	files  int            // descriptors, likewise
}

// besiege attacks a fresh server and tells what it did. An error is one of this
// program or of the machine; the server's failures are in the row.
func (cfg *attacksConfig) besiege(ctx context.Context, a *attack.Attack, by besieged) (row attack.Row, err error) {
	s := &siege{Attack: a, besieged: by, times: cfg.times.of(a)}
	s.row = attack.Row{Server: by.name, Attack: a.Name, Does: a.Does, Flags: by.flags(a, cfg.quick), Conns: a.Conns, Hurried: cfg.hurried()}
	args := s.row.Flags
	if a.Fanout {
		args = append([]string{"-broadcast"}, args...)
	}
	if err := cfg.apart(func() error { return s.start(args) }); err != nil {
		return row, err
	}
	err = s.play(ctx, "ws://"+s.server.Addr+"/")
	if ended := s.server.Stop(15 * time.Second); ended != nil {
		s.fail("the server ended with " + ended.Error())
	}
	a.Judge(&s.row)
	return s.row, err
}

// fail notes what should not be, beside what [attack.Attack.Judge] sees.
func (s *siege) fail(text string) { s.row.Missed = append(s.row.Missed, text) }

func (s *siege) play(ctx context.Context, url string) error {
	if err := s.settle(ctx, url); err != nil {
		return err
	}
	defer s.leave()
	s.row.Calm = s.undisturbed(ctx, s.times.calm)
	if err := s.look(); err != nil {
		return err
	}
	if err := s.attack(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	calm := s.undisturbed(ctx, s.times.calm)
	s.row.Calm.Merge(calm)
	return s.recover(ctx, url)
}

// attack attacks while the neighbours go on.
func (s *siege) attack(ctx context.Context) error {
	all, err := s.storm()
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, all.kill)()
	s.row.During = s.undisturbed(ctx, s.times.attack)
	var looking sync.WaitGroup
	looking.Go(func() { s.watch(ctx) })
	s.exchange(ctx, s.times.memory)
	looking.Wait()
	if !s.Once {
		all.over()
	}
	done := make(chan error, 1)
	go func() {
		report, err := all.report()
		s.row.Report = report
		done <- err
	}()
	late := time.AfterFunc(2*time.Minute, all.kill)
	defer late.Stop()
	for {
		select {
		case err := <-done:
			s.notePeak()
			return err
		default:
			s.exchange(ctx, time.Second/5)
		}
	}
}
