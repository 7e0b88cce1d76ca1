package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/attack"
	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
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
	s.row.Calm = s.exchange(ctx, s.times.calm)
	if err := s.look(); err != nil {
		return err
	}
	if err := s.attack(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	calm := s.exchange(ctx, s.times.calm)
	s.row.Calm.Merge(calm)
	return s.recover(ctx, url)
}

// Neighbours are few and modest: what they see is the server, and not the
// machine at its limit.
const (
	neighbours     = 40
	neighbourRate  = 1000 // messages in a second, of all together
	neighbourSize  = 125
	publishedSize  = 32 << 10 // where messages go to all
	publishedRate  = 50
	warmNeighbours = 50 // come and go before anything is measured
)

// settle opens the neighbours' connections to a server that has seen others.
func (s *siege) settle(ctx context.Context, url string) (err error) {
	if err := visit(ctx, url, warmNeighbours, !s.Fanout); err != nil {
		return err
	}
	s.neighbours, err = load.New(load.Options{URL: url, Conns: neighbours, Parallel: 16, MaxSize: publishedSize, MaxDepth: 64})
	if err != nil {
		return err
	}
	s.neighbours.Dial(ctx)
	s.exchange(ctx, time.Second/5)
	return nil
}

// visit opens connections, exchanges a message on each if they are echoed, and
// closes them.
func visit(ctx context.Context, url string, conns int, echoed bool) error {
	g, err := load.New(load.Options{URL: url, Conns: conns, Parallel: 64, MaxSize: 1024, MaxDepth: 1})
	if err != nil {
		return err
	}
	g.Dial(ctx)
	if echoed {
		g.Exchange(ctx, load.Run{Size: 1024, Depth: 1, Messages: 1, Duration: 20 * time.Second})
	}
	g.Close()
	if n := g.Errors.Total(); n > 0 && ctx.Err() == nil {
		return fmt.Errorf("%d errors of %d visitors: %v", n, conns, g.Errors.Kinds())
	}
	return nil
}

// exchange has the neighbours do what they do, for some time.
func (s *siege) exchange(ctx context.Context, d time.Duration) hist.Snapshot {
	var o result.Outcome
	if s.Fanout {
		o = s.neighbours.Broadcast(ctx, load.Broadcast{Size: publishedSize, Rate: publishedRate, Duration: d})
	} else {
		o = s.neighbours.Exchange(ctx, load.Run{Size: neighbourSize, Depth: 16, Rate: neighbourRate, Duration: d})
	}
	return o.Latency
}

// look notes what the server is without an attack.
func (s *siege) look() (err error) {
	if s.before, err = s.snapshot(); err != nil {
		return err
	}
	if s.files, err = proc.Descriptors(s.server.PID()); err != nil {
		return err
	}
	return proc.ForgetPeak(s.server.PID())
}

// attack attacks while the neighbours go on.
func (s *siege) attack(ctx context.Context) error {
	all, err := s.storm()
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, all.kill)()
	s.row.During = s.exchange(ctx, s.times.attack)
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

// storm is what attacks: several processes, if one could not open so many
// connections.
type storm []*attackers

const perProcess = 10_000

func (s *siege) storm() (all storm, err error) {
	if s.row.Hurried {
		return s.startStorm()
	}
	// On machines of their own, attackers would take no processor from the
	// neighbours.
	err = proc.Last(func() error {
		all, err = s.startStorm()
		return err
	})
	return all, err
}

func (s *siege) startStorm() (all storm, err error) {
	for first := 0; first < s.Conns && err == nil; first += perProcess {
		var a *attackers
		a, err = startAttackers("-attack", s.Name, "-addr", s.server.Addr,
			"-first", strconv.Itoa(first), "-conns", strconv.Itoa(min(s.Conns-first, perProcess)))
		if err == nil {
			all = append(all, a)
		}
	}
	if err != nil {
		all.kill()
	}
	return all, err
}

func (all storm) over() {
	for _, a := range all {
		a.over()
	}
}

func (all storm) kill() {
	for _, a := range all {
		a.kill()
	}
}

func (all storm) report() (sum attack.Report, err error) {
	for _, a := range all {
		r, failed := a.report()
		sum.Add(r)
		err = errors.Join(err, failed)
	}
	return sum, err
}

// watched is how often memory is looked at.
const looks = 250 * time.Millisecond

// watch looks at the server's memory for some time.
func (s *siege) watch(ctx context.Context) {
	for end := time.Now().Add(s.times.memory); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(looks) {
		now, err := s.snapshot()
		if err != nil {
			s.fail(err.Error())
			return
		}
		s.row.Pinned = max(s.row.Pinned, (now.RSS-s.before.RSS)/int64(s.Conns))
		s.row.Buffered = max(s.row.Buffered, now.Buffered/int64(s.Conns))
	}
}

// notePeak takes the peak of the whole process.
func (s *siege) notePeak() {
	peak, err := proc.PeakRSS(s.server.PID())
	if err != nil {
		s.fail(err.Error())
	}
	s.row.Peak = peak - s.before.RSS
	if s.Once {
		s.row.Pinned = max(s.row.Pinned, s.row.Peak/int64(s.Conns))
	}
}

// recovery is how long a server may take until nothing is left of an attack.
const recovery = 20 * time.Second

// recover waits until all is as before, and tells what is not.
func (s *siege) recover(ctx context.Context, url string) error {
	s.row.Errors = s.neighbours.Errors.Kinds()
	if err := visit(ctx, url, neighbours, !s.Fanout); err != nil {
		s.fail("afterwards: " + err.Error())
	}
	for end := time.Now().Add(recovery); ; {
		left, err := s.left()
		if err != nil {
			return err
		}
		if len(left) == 0 || ctx.Err() != nil {
			return nil
		}
		if time.Now().After(end) {
			s.row.Missed = append(s.row.Missed, left...)
			return nil
		}
		time.Sleep(looks)
	}
}

// left tells what is not as before.
func (s *siege) left() (all []string, err error) {
	now, err := s.snapshot()
	if err != nil {
		return nil, err
	}
	files, err := proc.Descriptors(s.server.PID())
	if err != nil {
		return nil, err
	}
	s.row.Left = now.RSS - s.before.RSS
	for _, figure := range []struct {
		name        string
		before, now int
	}{
		{"connections", s.before.Connections, now.Connections},
		{"goroutines", s.before.Goroutines, now.Goroutines},
		{"descriptors", s.files, files},
		{"bytes in buffers", 0, int(now.Buffered)},
	} {
		if figure.now > figure.before {
			all = append(all, fmt.Sprintf("%d %s are left, %d before", figure.now, figure.name, figure.before))
		}
	}
	return all, nil
}

// leave ends the neighbours.
func (s *siege) leave() {
	open := s.neighbours.Open()
	if open < neighbours {
		s.fail(fmt.Sprintf("%d of %d neighbours are left", open, neighbours))
	}
	s.neighbours.Close()
}
