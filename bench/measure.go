package main

import (
	"context"
	"os"
	"strconv"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/fleet"
	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// measurement is a run under way.
type measurement struct {
	fleet  *fleet.Fleet
	server *watch.Server
	series *series
	report *result.Report
	log    bool // progress also where there is no terminal
}

// measure carries a plan out: it warms the server up, does the steps, looks at
// the server while all connections are idle, and closes them. When ctx ends it
// goes on to the end at once.
func (cfg *config) measure(ctx context.Context, p plan, server *watch.Server) (r *result.Report, err error) {
	r = cfg.newReport(p)
	stop := progress(cfg.progress, func() string { return "warming up" })
	err = warm(ctx, cfg.Options, p.warm)
	stop()
	if err != nil {
		return nil, err
	}
	if r.Server.Before, err = server.Snapshot(); err != nil {
		return nil, err
	}
	f, err := startFleet(cfg.procs, cfg.Options)
	if err != nil {
		return nil, err
	}
	m := &measurement{fleet: f, server: server, series: startSeries(f, server, cfg.interval), report: r, log: cfg.progress}
	for _, s := range p.steps {
		if !m.do(ctx, s) {
			break
		}
	}
	r.Series = m.series.stop()
	err = m.end()
	r.Interrupted = ctx.Err() != nil
	return r, err
}

func (cfg *config) newReport(p plan) *result.Report {
	r := &result.Report{
		Mode: p.mode, Command: os.Args, Started: time.Now(), Machine: proc.Machine(),
		URL: cfg.URL, Settings: p.settings, Conns: cfg.Conns,
	}
	if cfg.procs > 1 {
		r.Settings = append(r.Settings, result.Setting{Name: "processes", Value: strconv.Itoa(cfg.procs)})
	}
	return r
}

// startFleet begins a fleet of processes of this program.
func startFleet(procs int, o load.Options) (*fleet.Fleet, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return fleet.Start(program, procs, o)
}

// do carries a step out and shows how it goes. It reports whether there are
// connections to go on with.
func (m *measurement) do(ctx context.Context, s step) bool {
	begun := result.Step{Name: s.name, At: m.series.elapsed()}
	stop := m.show(s)
	before := m.server.CPU()
	o := m.fleet.Do(ctx, s.Step)
	used := m.server.CPU() - before
	stop()
	begun.Elapsed = m.series.elapsed() - begun.At
	m.report.Steps = append(m.report.Steps, begun)

	connect := m.report.Load.Connect
	connect.Merge(o.Connect)
	if s.load {
		m.report.Load, m.report.Server.CPU = o, used
	}
	m.report.Load.Connect = connect
	m.report.Held = o.Open
	if s.Opens() {
		m.report.DialTime = o.Elapsed
	}
	return o.Open > 0
}

// end looks at the server while nothing happens, and closes what is left.
func (m *measurement) end() (err error) {
	r := m.report
	r.Server.PID, r.Server.Ended = m.server.PID(), m.server.Ended()
	if !r.Server.Ended {
		r.Server.After, err = m.server.Snapshot()
	}
	s, open := &r.Server, m.fleet.Sample().Open
	if open > 0 && s.Before.RSS > 0 && s.After.RSS > 0 {
		s.RSSPerConn = (s.After.RSS - s.Before.RSS) / int64(open)
	}
	r.Opened = int(r.Load.Connect.Count())
	if r.Mode == "churn" { // where connections end because they shall
		r.Opened -= int(r.Load.Late) // not begun
	} else {
		r.Lost = max(min(r.Opened, r.Conns)-r.Held-r.Load.Cut, 0)
	}
	r.Errors = m.fleet.Close()
	return err
}

// show shows how a step goes until stop is called.
func (m *measurement) show(s step) (stop func()) {
	began, before := m.series.elapsed(), m.series.now()
	line := func() string {
		now, messages, conns := m.series.state()
		g := report.Gauge{Doing: s.doing, Total: s.total, Length: s.length, Elapsed: m.series.elapsed() - began, Errors: now.Errors}
		g.Done, g.Rate = int(now.Messages-before.Messages), messages
		if s.Opens() {
			g.Done, g.Rate = now.Open, conns
		}
		return g.String()
	}
	return progress(m.log, line)
}

// progress shows a line, also in a log if that is wanted, until stop is called.
func progress(log bool, line func() string) (stop func()) {
	if log {
		return report.ProgressLog(line)
	}
	return report.Progress(line)
}
