package main

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/crowd"
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
	options load.Options // of the connections that warm the server up
	crowd   *crowd.Crowd
	outcome millionReport
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

// prepare checks whether the machine allows the run, and makes the crowd. What
// its first connection sends, the server sends to all.
func (m *million) prepare() error {
	m.options = load.Options{URL: m.url("/"), Conns: m.conns, Parallel: 64, MaxSize: millionSize, MaxDepth: 1, Spread: load.SpreadDestinations}
	machine := config{Options: m.options, procs: 1, force: m.force}
	if _, err := machine.preflight(m.conns, m.server); err != nil { // in a broadcast each may have a message in flight
		return err
	}
	_, port, err := net.SplitHostPort(m.program.Addr)
	if err != nil {
		return err
	}
	m.crowd, err = crowd.New(crowd.Options{
		Addr: net.JoinHostPort("127.0.0.1", port), First: "/broadcast", Path: "/",
		Conns: m.conns, Window: m.window, Size: millionSize, Patience: time.Duration(m.patience) * 10 * time.Second,
	})
	return err
}

// progress shows how far a step is that takes done by total.
func (m *million) progress(doing string, total int, done func() int) (stop func()) {
	began, before := time.Now(), done()
	return report.ProgressLog(func() string {
		g := report.Gauge{Doing: doing, Total: total, Done: done() - before, Errors: sum(m.crowd.Errors())}
		g.Rate = float64(g.Done) / time.Since(began).Seconds()
		kernel, _ := proc.KernelMemory()
		return fmt.Sprintf("%s  server %s  kernel %s", g, report.Bytes(m.server.RSS()), report.Bytes(kernel))
	})
}

// sum adds up errors of all kinds.
func sum(kinds map[string]int) (all int) {
	for _, n := range kinds {
		all += n
	}
	return all
}
