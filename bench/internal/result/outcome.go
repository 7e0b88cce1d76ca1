// Package result is what a load came to, in one form for all kinds of load:
// package load fills it, package fleet adds up what several processes saw, and
// package report shows it.
//
// In JSON all durations are in nanoseconds, and what is not known is left out.
package result

import (
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
)

// Outcome is what one step of a load came to: opening the connections, an
// exchange of messages, a broadcast.
type Outcome struct {
	Conns    int           `json:"conns"` // that took part
	Open     int           `json:"open"`  // of those, at the end
	Elapsed  time.Duration `json:"elapsed_ns"`
	Sent     uint64        `json:"sent"`           // messages
	Messages uint64        `json:"messages"`       // received and verified
	Late     uint64        `json:"late,omitempty"` // at a constant rate: due, but not sent before the end
	Cut      int           `json:"cut,omitempty"`  // connections of slow readers that the server cut

	// Latency is that of messages: from when one was sent, or at a constant
	// rate from when it was due, to when its reply was here. Connect is from
	// the beginning of a connection to the end of its handshake.
	Latency hist.Snapshot `json:"latency"`
	Connect hist.Snapshot `json:"connect"`

	CPU    time.Duration  `json:"client_cpu_ns"`    // of the load's processes
	Errors map[string]int `json:"errors,omitempty"` // by kind
	Groups []Group        `json:"groups,omitempty"` // of a mixed load
}

// Group is the outcome of one group of a mixed load.
type Group struct {
	Name string `json:"name"`
	Outcome
}

// Sample is the state of a load at one time.
type Sample struct {
	At       time.Duration `json:"at_ns"` // since the load began
	Open     int           `json:"open"`
	Messages uint64        `json:"messages"` // received and verified so far
	Errors   int           `json:"errors"`   // so far
	Latency  hist.Snapshot `json:"latency"`  // since the sample before
}
