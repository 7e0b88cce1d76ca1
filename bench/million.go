package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/engine"
)

// What c1m holds the server to: 160 MB for a million idle connections.
const (
	millionSize = 125        // of a message, in bytes
	serverOwn   = 32_000_000 // of the server's memory, whatever the number of connections
)

// million is a run of c1m under way.
type million struct {
	*trial
	c1mConfig
	options   load.Options
	group     *load.Group // all connections but the publisher's
	publisher *load.Group
	millionReport
}

// startMillion starts the server. Its time limits are the engine's defaults,
// and the load's too, all multiplied by the patience.
func startMillion(cfg c1mConfig) (*million, error) {
	patience := time.Duration(cfg.patience)
	t, err := startTrial(cfg.binary,
		"-addr", "0.0.0.0:0", // destinations are spread
		"-handshake-timeout", (patience * engine.DefaultHandshakeTimeout).String(),
		"-idle-timeout", (patience * engine.DefaultIdleTimeout).String(),
		"-close-timeout", (patience * engine.DefaultCloseTimeout).String(),
		"-shutdown-timeout", cfg.shutdownTimeout().String())
	if err != nil {
		return nil, err
	}
	m := &million{trial: t, c1mConfig: cfg}
	if err := m.prepare(); err != nil {
		return nil, errors.Join(err, t.program.Stop(time.Second))
	}
	fmt.Printf("The echo server runs as process %d on %s; every time limit is multiplied by %d.\n", t.program.PID(), t.program.Addr, cfg.patience)
	return m, nil
}

// shutdownTimeout allows for 20,000 connections a second, and some time more.
func (cfg *c1mConfig) shutdownTimeout() time.Duration {
	return time.Duration(cfg.patience) * (10*time.Second + time.Duration(cfg.conns)*50*time.Microsecond)
}

// prepare makes the two groups: the publisher's one connection is the one with
// number 0, and what it sends goes to all.
func (m *million) prepare() (err error) {
	o := load.Options{Parallel: m.parallel, MaxSize: millionSize, MaxDepth: 1, Spread: load.SpreadDestinations}
	o.URL, o.Conns = m.url("/broadcast"), 1
	if m.publisher, err = load.New(o); err != nil {
		return err
	}
	o.URL, o.Conns, o.First = m.url("/"), m.conns-1, 1
	m.options = o
	m.group, err = load.New(o)
	return err
}

func (m *million) held() int { return m.group.Open() + m.publisher.Open() }

func (m *million) errors() int { return m.group.Errors.Total() + m.publisher.Errors.Total() }

// progress logs how far a step is, of a number of things to be done.
func (m *million) progress(doing string, total int, done func() int) (stop func()) {
	began := time.Now()
	return report.ProgressLog(func() string {
		n := done()
		rate := float64(n) / time.Since(began).Seconds()
		kernel, _ := proc.KernelMemory()
		return fmt.Sprintf("%s  %s server RSS  %s kernel", report.Gauge{Doing: doing, Done: n, Total: total, Rate: rate, Errors: m.errors()},
			report.Bytes(m.server.RSS()), report.Bytes(kernel))
	})
}

// open opens all connections.
func (m *million) open(ctx context.Context) {
	fmt.Printf("\n1. %s are opened.\n", report.Plural(m.conns, "connection"))
	if err := warmUp(ctx, m.options, millionSize); err != nil {
		m.check(false, "%v", err)
	}
	m.Server.Before, m.Kernel.Before = m.snapshot(), m.kernel()
	began := time.Now()
	stop := m.progress("opening", m.conns, m.held)
	m.publisher.Dial(ctx)
	m.group.Dial(ctx)
	stop()
	m.DialTime, m.Opened = time.Since(began), m.held()
	report.Lines(os.Stdout, [][2]string{
		{"opened", fmt.Sprintf("%s in %s", report.Count(m.Opened), report.Duration(m.DialTime))},
	})
	m.check(m.Opened == m.conns, "%s of %s connections are open", report.Count(m.Opened), report.Count(m.conns))
}

// echo has every connection but the publisher's echo a message.
func (m *million) echo(ctx context.Context) {
	fmt.Printf("\n2. Each echoes a message of %d B.\n", millionSize)
	want := m.conns - 1
	stop := m.progress("echoing", want, func() int { return int(m.group.Sample().Messages) })
	m.Echo = m.group.Exchange(ctx, load.Run{Size: millionSize, Depth: 1, Messages: 1, Duration: m.limit()})
	stop()
	m.tellMessages("echoed", m.Echo)
	m.check(m.Echo.Messages == uint64(want), "%s of %s echoes came back", report.Count(m.Echo.Messages), report.Count(want))
}

// limit is how long all connections may take for one message.
func (m *million) limit() time.Duration { return m.shutdownTimeout() }

func (m *million) tellMessages(what string, o result.Outcome) {
	report.Lines(os.Stdout, [][2]string{
		{what, fmt.Sprintf("%s in %s, each compared byte for byte", report.Count(o.Messages), report.Duration(o.Elapsed))},
	})
}

// idle leaves all connections alone, and looks at what they cost.
func (m *million) idle(ctx context.Context) {
	fmt.Printf("\n3. All are idle for %v.\n", m.hold)
	m.group.Hold(ctx, m.hold)
	m.Held = m.held()
	m.Lost = m.Opened - m.Held
	m.measure()
	m.tellIdle()
	allowed := serverOwn + int64(m.conns)*idleTarget
	m.check(m.Lost == 0, "%s lost", report.Plural(m.Lost, "connection"))
	m.check(m.Server.After.RSS > 0 && m.Server.After.RSS <= allowed, "the server holds %s, more than %s", report.Bytes(m.Server.After.RSS), report.Bytes(allowed))
	m.check(m.Server.After.Goroutines-m.Server.Before.Goroutines <= moreGoroutines, "goroutines grew from %d to %d", m.Server.Before.Goroutines, m.Server.After.Goroutines)
}

func (m *million) measure() {
	m.Kernel.After, m.Server.After = m.kernel(), m.snapshot()
	m.Server.Peak, _ = proc.PeakRSS(m.program.PID())
	if m.Held > 0 {
		m.Server.PerConn = (m.Server.After.RSS - m.Server.Before.RSS) / int64(m.Held)
		m.Kernel.PerConn = (m.Kernel.After - m.Kernel.Before) / int64(m.Held)
	}
}

func (m *million) kernel() int64 {
	n, err := proc.KernelMemory()
	m.check(err == nil, "%v", err)
	return n
}

func (m *million) tellIdle() {
	s, k := &m.Server, &m.Kernel
	report.Lines(os.Stdout, [][2]string{
		{"held", fmt.Sprintf("%s, %s lost", report.Count(m.Held), report.Count(m.Lost))},
		{"server RSS", fmt.Sprintf("%s, after a garbage collection; %s per connection   (%s before, %s at most)",
			report.Bytes(s.After.RSS), report.Bytes(s.PerConn), report.Bytes(s.Before.RSS), report.Bytes(s.Peak))},
		{"kernel", fmt.Sprintf("%s per connection, both ends   (%s -> %s)", report.Bytes(k.PerConn), report.Bytes(k.Before), report.Bytes(k.After))},
		{"goroutines", report.Grown(s.Before.Goroutines, s.After.Goroutines, report.Count)},
		{"threads", report.Grown(s.Before.Threads, s.After.Threads, report.Count)},
		{"collections", fmt.Sprintf("%d, paused for %s at most, %s in all", s.After.GCCount, report.Duration(s.After.GCPauseMax), report.Duration(s.After.GCPauseTotal))},
	})
}

// broadcast sends one message to all, the publisher included.
func (m *million) broadcast(ctx context.Context) {
	fmt.Printf("\n4. A message of %d B is broadcast to all.\n", millionSize)
	stop := m.progress("broadcasting", m.conns, func() int { return int(m.group.Sample().Messages + m.publisher.Sample().Messages) })
	published := make(chan result.Outcome)
	b := load.Broadcast{Size: millionSize, Rate: 1, Duration: time.Second}
	go func() { published <- m.publisher.Broadcast(ctx, b) }()
	m.Broadcast = m.group.Broadcast(ctx, b)
	m.Broadcast.Messages += (<-published).Messages
	stop()
	m.tellMessages("received", m.Broadcast)
	m.check(m.Broadcast.Messages == uint64(m.conns), "%s of %s connections received it once", report.Count(m.Broadcast.Messages), report.Count(m.conns))
}

// end has the server end, and each connection with 1001.
func (m *million) end() {
	fmt.Print("\n5. The server gets SIGTERM: it closes each connection with 1001, going away.\n")
	n := m.held()
	m.group.ExpectClose()
	m.publisher.ExpectClose()
	began := time.Now()
	stop := m.progress("closing", n, func() int { return n - m.held() })
	err := m.program.Stop(m.shutdownTimeout() + time.Minute)
	m.ShutdownTime = time.Since(began)
	m.publisher.Wait()
	m.group.Wait()
	stop()
	m.Closed = n - m.held()
	report.Lines(os.Stdout, [][2]string{
		{"closed", fmt.Sprintf("%s in %s", report.Count(m.Closed), report.Duration(m.ShutdownTime))},
	})
	m.check(err == nil, "the server ended with %v", err)
}

// tell ends the report.
func (m *million) tell(ctx context.Context) error {
	m.Machine, m.Conns, m.Patience = proc.Machine(), m.conns, m.patience
	m.Errors = m.group.Errors.Kinds()
	for kind, n := range m.publisher.Errors.Kinds() {
		m.Errors[kind] += n
	}
	report.Errors(os.Stdout, m.Errors)
	m.check(len(m.Errors) == 0, "%s", report.Plural(m.errors(), "error"))
	m.check(ctx.Err() == nil, "interrupted")
	m.Failed = m.failed
	if m.report != "" {
		text, err := json.MarshalIndent(&m.millionReport, "", "  ")
		if err == nil {
			err = os.WriteFile(m.report, append(text, '\n'), 0o666)
		}
		m.check(err == nil, "%v", err)
	}
	return m.verdict(os.Stdout)
}
