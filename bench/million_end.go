package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/codec"
)

// end has the server end, which closes each connection with 1001; another code
// is an error.
func (m *million) end() {
	fmt.Print("\n5. The server gets SIGTERM: it closes each connection with 1001, going away.\n")
	n := m.crowd.Connected()
	began := time.Now()
	stop := m.progress("closing", n, func() int { return n - m.crowd.Connected() })
	ended := make(chan error, 1)
	go func() { ended <- m.program.Stop(m.limit() + time.Minute) }()
	r := &m.outcome
	r.Closed = m.crowd.AwaitClose(context.Background(), codec.CloseGoingAway)
	r.CloseTime = time.Since(began)
	err := <-ended
	stop()
	report.Lines(os.Stdout, [][2]string{
		{"closed", fmt.Sprintf("%s in %s", report.Count(r.Closed), report.Duration(r.CloseTime))},
	})
	m.check(err == nil, "the server ended with %v", err)
	m.check(r.Closed == n, "%s of %s connections were closed", report.Count(r.Closed), report.Count(n))
}

// tell ends the report.
func (m *million) tell() error {
	r := &m.outcome
	r.Machine, r.Conns, r.Patience = proc.Machine(), m.conns, m.patience
	r.Errors = m.crowd.Errors()
	report.Errors(os.Stdout, r.Errors)
	for kind, n := range r.Errors {
		m.check(false, "%s: %s", report.Plural(n, "error"), kind)
	}
	r.Failed = m.failed
	if err := m.write(); err != nil {
		return err
	}
	return m.verdict(os.Stdout)
}

// write writes the report as JSON, if that is wanted.
func (m *million) write() error {
	if m.report == "" {
		return nil
	}
	text, err := json.MarshalIndent(&m.outcome, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(m.report, append(text, '\n'), 0o666)
}
