package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// echoReport is the outcome of echo, as JSON has it; 0 is what is not known.
type echoReport struct {
	URL   string `json:"url"`
	Conns int    `json:"conns"`
	Size  int    `json:"size_bytes"`
	Depth int    `json:"depth"`

	Opened      int            `json:"opened"`
	Held        int            `json:"held"` // still open at the end
	DialTime    time.Duration  `json:"dial_ns"`
	Messages    uint64         `json:"messages"`
	Elapsed     time.Duration  `json:"elapsed_ns"`
	Rate        float64        `json:"messages_per_second"`
	Latency     latency        `json:"latency_ns"`
	Server      serverReport   `json:"server"`
	Errors      map[string]int `json:"errors"`
	Interrupted bool           `json:"interrupted"`
}

type latency struct {
	P50  time.Duration `json:"p50"`
	P99  time.Duration `json:"p99"`
	P999 time.Duration `json:"p99_9"`
	Max  time.Duration `json:"max"`
}

func newLatency(h *hist.Histogram) latency {
	return latency{h.Quantile(0.5), h.Quantile(0.99), h.Quantile(0.999), h.Max()}
}

func (l latency) String() string {
	return fmt.Sprintf("p50 %s   p99 %s   p99.9 %s   max %s",
		report.Duration(l.P50), report.Duration(l.P99), report.Duration(l.P999), report.Duration(l.Max))
}

// serverReport is what the load cost the server.
type serverReport struct {
	CPUPerMessage time.Duration  `json:"cpu_per_message_ns,omitempty"`
	CPUs          float64        `json:"cpus,omitempty"` // processors busy on average
	Before        watch.Snapshot `json:"before"`         // without connections
	After         watch.Snapshot `json:"after"`          // all of them idle
	why           string         // CPUPerMessage is not known
}

// add takes the figures of a phase in place of an earlier one's.
func (r *echoReport) add(e exchanged) {
	r.Messages, r.Elapsed = e.Messages, e.Elapsed
	r.Rate = float64(e.Messages) / e.Elapsed.Seconds()
	r.Latency = newLatency(e.Latency)
	r.Server.CPUPerMessage, r.Server.CPUs, r.Server.why = 0, 0, ""
	if e.cpuErr != nil {
		r.Server.why = e.cpuErr.Error()
	} else if e.Messages > 0 {
		r.Server.CPUPerMessage = e.cpu / time.Duration(e.Messages)
		r.Server.CPUs = e.cpu.Seconds() / e.Elapsed.Seconds()
	}
}

// perConn gives the bytes of RSS that each of n connections costs.
func (s *serverReport) perConn(n int) (bytes int64, ok bool) {
	if n == 0 || s.Before.RSS == 0 || s.After.RSS == 0 {
		return 0, false
	}
	return (s.After.RSS - s.Before.RSS) / int64(n), true
}

func (s *serverReport) cpu() string {
	if s.CPUPerMessage == 0 {
		return "not known: " + s.why
	}
	return fmt.Sprintf("%s of the server's for a message   (%.2f processors busy)", report.Duration(s.CPUPerMessage), s.CPUs)
}

func (s *serverReport) memory(n int) string {
	each, ok := s.perConn(n)
	if !ok {
		return "not known"
	}
	return fmt.Sprintf("%s of the server's for a connection   (RSS %s -> %s)", report.Bytes(each), report.Bytes(s.Before.RSS), report.Bytes(s.After.RSS))
}

func grown(before, after int) string {
	if before == 0 || after == 0 {
		return "not known"
	}
	return fmt.Sprintf("%d -> %d", before, after)
}

func (r *echoReport) write(w io.Writer) {
	fmt.Fprintf(w, "%s: %s, %d B messages, depth %d\n", r.URL, report.Plural(r.Conns, "connection"), r.Size, r.Depth)
	if r.Interrupted {
		fmt.Fprintln(w, "  Interrupted: this is what happened until then.")
	}
	s := &r.Server
	report.Lines(w, [][2]string{
		{"opened", fmt.Sprintf("%s in %s   (%s at the end)", report.Count(r.Opened), report.Duration(r.DialTime), report.Count(r.Held))},
		{"messages", fmt.Sprintf("%s in %s, all verified", report.Count(r.Messages), report.Duration(r.Elapsed))},
		{"rate", report.Count(int64(r.Rate)) + "/s"},
		{"latency", r.Latency.String()},
		{"CPU", s.cpu()},
		{"memory", s.memory(r.Held)},
		{"goroutines", grown(s.Before.Goroutines, s.After.Goroutines)},
		{"threads", grown(s.Before.Threads, s.After.Threads)},
	})
	writeErrors(w, r.Errors)
}

// writeErrors lists the kinds of errors, the most frequent first.
func writeErrors(w io.Writer, kinds map[string]int) {
	if len(kinds) == 0 {
		fmt.Fprintln(w, "  No errors.")
		return
	}
	fmt.Fprintln(w, "  Errors:")
	names := slices.Collect(maps.Keys(kinds))
	slices.SortFunc(names, func(a, b string) int { return kinds[b] - kinds[a] })
	for _, name := range names {
		fmt.Fprintf(w, "  %8s  %s\n", report.Count(kinds[name]), name)
	}
}
