package main

import (
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
	n := m.opened()
	m.publisher.ExpectClose(codec.CloseGoingAway)
	m.group.ExpectClose(codec.CloseGoingAway)
	began := time.Now()
	stop := m.progress("closing", n, func() int { return n - m.opened() })
	err := m.program.Stop(m.limit() + time.Minute)
	m.publisher.Wait()
	m.group.Wait()
	stop()
	r := &m.outcome
	r.Closed, r.CloseTime = n-m.opened(), time.Since(began)
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
	r.Errors = m.errors()
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
