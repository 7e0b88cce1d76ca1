package result

import (
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// Report is all that a command tells of a load.
type Report struct {
	Mode        string    `json:"mode"` // echo, idle, broadcast, churn, mixed
	Command     []string  `json:"command"`
	Started     time.Time `json:"started"`
	Machine     string    `json:"machine"`
	URL         string    `json:"url"`
	Settings    []Setting `json:"settings"` // what was asked for, in the order to be shown
	Interrupted bool      `json:"interrupted,omitempty"`
	Warnings    []string  `json:"warnings,omitempty"` // of the checks before the run

	Conns    int           `json:"conns"`  // asked for
	Opened   int           `json:"opened"` // in all
	Held     int           `json:"held"`   // open at the end of the load, before they are closed
	Lost     int           `json:"lost"`   // opened, and ended without being told to
	DialTime time.Duration `json:"dial_ns,omitempty"`

	// Load is the step that counts, and what it says of messages is the
	// report's; Steps are all steps with their names, in their order.
	Load  Outcome `json:"load"`
	Steps []Step  `json:"steps"`

	Series  []Point        `json:"series,omitempty"` // of the whole run
	Server  Server         `json:"server"`
	Errors  map[string]int `json:"errors,omitempty"` // of the whole run, by kind
	Budgets []Budget       `json:"budgets,omitempty"`
}

// Setting is a flag's name and value, as people read them.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Step is an outcome with its name: "open", "first echo", "load", "hold".
type Step struct {
	Name    string        `json:"name"`
	At      time.Duration `json:"at_ns"` // when it began
	Elapsed time.Duration `json:"elapsed_ns"`
}

// Point is an interval of a run.
type Point struct {
	At        time.Duration `json:"at_ns"` // its end, since the run began
	Open      int           `json:"open"`
	Rate      float64       `json:"messages_per_second"`
	Latency   Latency       `json:"latency_ns"`
	Errors    int           `json:"errors"` // in this interval
	ServerRSS int64         `json:"server_rss_bytes,omitempty"`
	ServerCPU float64       `json:"server_processors,omitempty"` // busy on average
	ClientCPU float64       `json:"client_processors,omitempty"`
}

// Latency are the usual quantiles of a histogram.
type Latency struct {
	P50  time.Duration `json:"p50"`
	P90  time.Duration `json:"p90"`
	P99  time.Duration `json:"p99"`
	P999 time.Duration `json:"p99_9"`
	Max  time.Duration `json:"max"`
}

// NewLatency takes the quantiles of a histogram; of an empty one they are 0.
func NewLatency(s hist.Snapshot) Latency {
	return Latency{s.Quantile(0.5), s.Quantile(0.9), s.Quantile(0.99), s.Quantile(0.999), s.Max()}
}

// Server is what the load cost the server, as far as it can be seen from here.
type Server struct {
	PID        int            `json:"pid,omitempty"`
	Ended      bool           `json:"ended,omitempty"`  // before the load did
	CPU        time.Duration  `json:"cpu_ns,omitempty"` // during Load
	RSSPerConn int64          `json:"rss_per_connection_bytes,omitempty"`
	Before     watch.Snapshot `json:"before"` // without connections
	After      watch.Snapshot `json:"after"`  // all of them idle
}

// Budget is a condition on the outcome, and whether it held.
type Budget struct {
	Condition string `json:"condition"` // "p99<50ms"
	Value     string `json:"value"`     // as people read it
	Met       bool   `json:"met"`
}
