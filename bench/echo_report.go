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
	Client      cpuUse         `json:"client_cpu"`
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

func newLatency(h hist.Snapshot) latency {
	return latency{h.Quantile(0.5), h.Quantile(0.99), h.Quantile(0.999), h.Max()}
}

func (l latency) String() string {
	return fmt.Sprintf("p50 %s   p99 %s   p99.9 %s   max %s",
		report.Duration(l.P50), report.Duration(l.P99), report.Duration(l.P999), report.Duration(l.Max))
}

// cpuUse is the processor time of one end; 0 is what is not known.
type cpuUse struct {
	PerMessage time.Duration `json:"per_message_ns,omitempty"`
	Processors float64       `json:"processors,omitempty"` // busy on average
}

func newCPUUse(cpu time.Duration, e exchanged) cpuUse {
	if e.Messages == 0 || cpu <= 0 {
		return cpuUse{}
	}
	return cpuUse{cpu / time.Duration(e.Messages), cpu.Seconds() / e.Elapsed.Seconds()}
}

func (c cpuUse) String() string {
	if c == (cpuUse{}) {
		return "not known"
	}
	return fmt.Sprintf("%s per message   (%.2f processors busy)", report.Duration(c.PerMessage), c.Processors)
}

// serverReport is what the load cost the server.
type serverReport struct {
	CPU        cpuUse         `json:"cpu"`
	RSSPerConn int64          `json:"rss_per_connection_bytes,omitempty"`
	Before     watch.Snapshot `json:"before"` // without connections
	After      watch.Snapshot `json:"after"`  // all of them idle
}

// add takes the figures of a phase in place of an earlier one's.
func (r *echoReport) add(e exchanged) {
	r.Messages, r.Elapsed = e.Messages, e.Elapsed
	r.Rate = float64(e.Messages) / e.Elapsed.Seconds()
	r.Latency = newLatency(e.Latency)
	r.Client = newCPUUse(e.client, e)
	r.Server.CPU = newCPUUse(e.server, e)
}

// share tells what each of n idle connections holds of the server's memory.
func (s *serverReport) share(n int) {
	if n > 0 && s.Before.RSS > 0 && s.After.RSS > 0 {
		s.RSSPerConn = (s.After.RSS - s.Before.RSS) / int64(n)
	}
}

func (s *serverReport) memory() string {
	if s.Before.RSS == 0 || s.After.RSS == 0 {
		return "not known"
	}
	text := fmt.Sprintf("%s per connection   (%s -> %s)", report.Bytes(s.RSSPerConn), report.Bytes(s.Before.RSS), report.Bytes(s.After.RSS))
	if s.After.Goroutines == 0 {
		text += ", garbage included: -debug has it collected first"
	}
	return text
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
		{"client CPU", r.Client.String()},
		{"server CPU", s.CPU.String()},
		{"server RSS", s.memory()},
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
