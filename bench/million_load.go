package main

import (
	"context"
	"fmt"
	"os"

	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

const millionSize = 125 // of a message, in bytes

// open opens all connections.
func (m *million) open(ctx context.Context) {
	fmt.Printf("\n1. %s are opened, %s at a time.\n", report.Plural(m.conns, "connection"), report.Count(min(m.window, m.conns)))
	if err := warmUp(ctx, m.options, millionSize); err != nil {
		m.check(false, "%v", err)
	}
	r := &m.outcome
	r.Server.Before, r.Kernel.Before = m.snapshot(), m.kernel()
	stop := m.progress("opening", m.conns, m.crowd.Connected)
	r.Open = m.crowd.Open(ctx)
	stop()
	report.Lines(os.Stdout, [][2]string{
		{"opened", fmt.Sprintf("%s in %s", report.Count(r.Open.Open), report.Duration(r.Open.Elapsed))},
		{"each", report.Latencies(r.Open.Connect)},
	})
	m.check(r.Open.Open == m.conns, "%s of %s connections are open", report.Count(r.Open.Open), report.Count(m.conns))
}

// echo has each connection but the first echo a message.
func (m *million) echo(ctx context.Context) {
	want := m.conns - 1
	fmt.Printf("\n2. %s of them echo a message of %d B, %s at a time.\n", report.Count(want), millionSize, report.Count(min(m.window, want)))
	stop := m.progress("echoing", want, m.crowd.Received)
	e := m.crowd.Echo(ctx)
	stop()
	m.outcome.Echo = e
	report.Lines(os.Stdout, [][2]string{
		{"echoed", fmt.Sprintf("%s in %s, each compared byte for byte", report.Count(e.Messages), report.Duration(e.Elapsed))},
		{"latency", report.Latencies(e.Latency)},
	})
	m.check(e.Messages == uint64(want), "%s of %s echoes came back", report.Count(e.Messages), report.Count(want))
}

// broadcast has one message sent to all, its sender included.
func (m *million) broadcast(ctx context.Context) {
	fmt.Printf("\n4. A message of %d B is sent to all.\n", millionSize)
	stop := m.progress("broadcasting", m.conns, m.crowd.Received)
	o := m.crowd.Broadcast(ctx)
	stop()
	m.outcome.Broadcast = o
	report.Lines(os.Stdout, [][2]string{
		{"received", fmt.Sprintf("by %s within %s, once by each, compared byte for byte", report.Count(o.Messages), report.Duration(o.Latency.Max()))},
	})
	m.check(o.Messages == uint64(m.conns), "%s of %s connections received it", report.Count(o.Messages), report.Count(m.conns))
}
