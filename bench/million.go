package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/engine"
)

// million is a run of c1m under way.
type million struct {
	*trial
	c1mConfig
	options   load.Options
	group     *load.Group // all connections but the publisher's
	publisher *load.Group
	outcome   millionReport
}

// millionReport is what a run came to, as JSON has it.
type millionReport struct {
	Machine  string `json:"machine"`
	Conns    int    `json:"conns"`    // asked for
	Patience int    `json:"patience"` // factor of all time limits

	Open      result.Outcome `json:"open"`
	Echo      result.Outcome `json:"echo"`
	Held      int            `json:"held"` // after the echoes, and some time without any
	Lost      int            `json:"lost"`
	Server    result.Server  `json:"server"`
	PeakRSS   int64          `json:"server_peak_rss_bytes"` // until all were idle
	Kernel    kernelMemory   `json:"kernel"`
	Broadcast result.Outcome `json:"broadcast"`
	Closed    int            `json:"closed"` // with 1001, by the server's end
	CloseTime time.Duration  `json:"close_ns"`

	Errors map[string]int `json:"errors,omitempty"` // by kind
	Failed []string       `json:"failed,omitempty"` // checks that did not hold
}

// kernelMemory is what connections cost the kernel, both ends together.
type kernelMemory struct {
	PerConn int64 `json:"per_connection_bytes"`
	Before  int64 `json:"before_bytes"`
	After   int64 `json:"after_bytes"`
}

// startMillion starts the server, whose time limits are the engine's defaults
// times the patience, and checks whether the machine allows the run.
func startMillion(cfg c1mConfig) (*million, error) {
	patience := time.Duration(cfg.patience)
	t, err := startTrial(cfg.binary,
		"-addr", ":0", // as destinations are spread, it listens on all addresses
		"-handshake-timeout", (patience * engine.DefaultHandshakeTimeout).String(),
		"-idle-timeout", (patience * engine.DefaultIdleTimeout).String(),
		"-close-timeout", (patience * engine.DefaultCloseTimeout).String(),
		"-shutdown-timeout", cfg.limit().String())
	if err != nil {
		return nil, err
	}
	m := &million{trial: t, c1mConfig: cfg}
	if err := m.prepare(); err != nil {
		return nil, errors.Join(err, t.program.Stop(time.Second))
	}
	fmt.Printf("The echo server runs as process %d at %s.\n", t.program.PID(), m.options.URL)
	if cfg.patience > 1 {
		fmt.Printf("All time limits are %d times the usual ones, the server's too.\n", cfg.patience)
	}
	return m, nil
}

// prepare makes two groups: what the connection with number 0 sends, the
// publisher's, the server sends to all.
func (m *million) prepare() (err error) {
	o := load.Options{Parallel: m.parallel, MaxSize: millionSize, MaxDepth: 1, Spread: load.SpreadDestinations, Patience: m.patience}
	o.URL, o.Conns = m.url("/broadcast"), 1
	if m.publisher, err = load.New(o); err != nil {
		return err
	}
	o.URL, o.Conns, o.First = m.url("/"), m.conns-1, 1
	m.options = o
	if m.group, err = load.New(o); err != nil {
		return err
	}
	o.Conns = m.conns
	machine := config{Options: o, procs: 1, force: m.force}
	_, err = machine.preflight(m.conns, m.server) // in a broadcast each may have a message in flight
	return err
}

// open gives the number of connections that are open.
func (m *million) opened() int { return m.publisher.Open() + m.group.Open() }

// received gives the number of messages that were received so far.
func (m *million) received() int {
	return int(m.publisher.Sample().Messages + m.group.Sample().Messages)
}

// errors gives what went wrong so far, by kind.
func (m *million) errors() map[string]int {
	kinds := m.group.Errors.Kinds()
	for kind, n := range m.publisher.Errors.Kinds() {
		kinds[kind] += n
	}
	return kinds
}

// progress shows how far a step is that takes done by total.
func (m *million) progress(doing string, total int, done func() int) (stop func()) {
	began, before := time.Now(), done()
	return report.ProgressLog(func() string {
		g := report.Gauge{Doing: doing, Total: total, Done: done() - before, Errors: m.group.Errors.Total() + m.publisher.Errors.Total()}
		g.Rate = float64(g.Done) / time.Since(began).Seconds()
		kernel, _ := proc.KernelMemory()
		return fmt.Sprintf("%s  server %s  kernel %s", g, report.Bytes(m.server.RSS()), report.Bytes(kernel))
	})
}
