package attack

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
)

// What a server is held to.
const (
	MaxPinned = limit + 64<<10   // bytes for an attacker
	MaxSlower = 2                // times the neighbours' p99 without the attack
	Noticed   = time.Millisecond // a p99 up to which nobody is slowed down
	MaxLeft   = 8 << 20          // bytes of resident memory afterwards: the runtime's own changes
)

// Row is what an attack did to a server.
type Row struct {
	Server string   `json:"server"`
	Attack string   `json:"attack"`
	Does   string   `json:"does"`
	Flags  []string `json:"flags,omitempty"` // of the server
	Conns  int      `json:"conns"`
	Report

	// Pinned is the most resident memory that the server held for one
	// attacker at any time, after a collection. Of an attack that is over too
	// soon for one it has garbage in it. Peak is by how much the whole process
	// grew, with garbage. Buffered is the server's own count of what its
	// buffers held, for one attacker.
	Pinned   int64 `json:"pinned_bytes"`
	Peak     int64 `json:"peak_bytes"`
	Buffered int64 `json:"buffered_bytes,omitempty"`
	Left     int64 `json:"left_bytes"` // resident afterwards, more than before

	// Of the neighbours, who send and receive as ever: latencies without the
	// attack, before and after it, and during it; and what went wrong.
	Calm    hist.Snapshot  `json:"calm"`
	During  hist.Snapshot  `json:"during"`
	Errors  map[string]int `json:"errors,omitempty"`
	Hurried bool           `json:"hurried,omitempty"` // too few messages to judge latencies

	// Disturbed tells that other virtual machines had the processors for so
	// much of the time that latencies say nothing of the server.
	Disturbed bool `json:"disturbed,omitempty"`

	Missed []string `json:"missed,omitempty"` // targets
}

// Judge completes a row with the targets that were missed.
func (a *Attack) Judge(r *Row) {
	miss := func(format string, args ...any) { r.Missed = append(r.Missed, fmt.Sprintf(format, args...)) }
	for _, answer := range slices.Sorted(maps.Keys(r.Answers)) {
		if !a.Right(answer) {
			miss("%d answers were %q, not %s", r.Answers[answer], answer, strings.Join(a.Answers, " or "))
		}
	}
	for _, met := range slices.Sorted(maps.Keys(r.Met)) {
		if !slices.Contains(a.Meets, met) {
			miss("%d met %q", r.Met[met], met)
		}
	}
	if len(r.Answers) == 0 {
		miss("no attack was completed")
	}
	if a.Within > 0 && r.Longest > a.Within {
		miss("a connection lasted %v, longer than %v", r.Longest.Round(time.Millisecond), a.Within)
	}
	if most := cmp.Or(a.Pins, MaxPinned); r.Pinned > most {
		miss("an attacker pinned %d bytes, more than %d", r.Pinned, most)
	}
	if a.Buffered > 0 && r.Buffered > a.Buffered {
		miss("the server buffered %d bytes for an attacker, more than %d", r.Buffered, a.Buffered)
	}
	if r.Left > MaxLeft {
		miss("%d bytes more than before were left, more than %d", r.Left, MaxLeft)
	}
	if calm, during := r.P99(); !r.Hurried && !r.Disturbed && during > max(MaxSlower*calm, Noticed) {
		miss("the neighbours' p99 was %v, more than twice %v", during, calm)
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Errors)) {
		miss("neighbours: %s (%d)", kind, r.Errors[kind])
	}
}

// P99 gives the neighbours' 99th percentile without the attack and during it.
func (r *Row) P99() (calm, during time.Duration) {
	return r.Calm.Quantile(0.99), r.During.Quantile(0.99)
}

// Answered tells the answers and what was met on the way, the most frequent
// first.
func (r *Row) Answered() string {
	said := frequent(r.Answers)
	if met := frequent(r.Met); met != "" {
		said += " (" + met + ")"
	}
	return said
}

func frequent(counts map[string]int) string {
	var all []string
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for _, name := range names {
		all = append(all, fmt.Sprintf("%s × %d", name, counts[name]))
	}
	return strings.Join(all, ", ")
}
