// Package raw is the client with which servers are compared. It does as little
// as a client can: one thread, one epoll loop, system calls without the
// runtime, the same encoded message again and again. What it costs is the
// yardstick for what the server costs.
//
// It checks every byte that comes back.
package raw

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/corpus"
	"github.com/sockeye-ws/sockeye/bench/internal/deflating"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
)

// The loads that a client can be.
const (
	// Echo sends messages on all connections, and the next when a reply is
	// here. It counts replies.
	Echo = "echo"

	// Broadcast publishes a message on the first connection, and the next when
	// all connections have got it. It counts deliveries.
	Broadcast = "broadcast"

	// Setup opens connections, has one message echoed on each, and closes it
	// for the next one. It counts connections.
	Setup = "setup"

	// DeflateJSON and DeflateText are Echo of compressed messages, which differ,
	// and one outstanding on each connection.
	DeflateJSON = "deflate-json"
	DeflateText = "deflate-text"
)

// loads are all of them.
var loads = []string{Echo, Broadcast, Setup, DeflateJSON, DeflateText}

// Options says what to measure.
type Options struct {
	Load      string        // one of those above
	Addr      string        // of the server, host:port
	Plain     bool          // the server sends back bytes and knows no WebSocket
	Conns     int           // connections at a time
	Size      int           // payload of a message, in bytes
	Depth     int           // messages outstanding on each connection, of Echo
	Warmup    time.Duration // load before the measured time
	Duration  time.Duration // measured time
	Patience  time.Duration // for each answer of the server; default 20 s
	ServerPID int

	// Compress is what to agree on with the server: with Hold, and to be
	// deflating.Alone with DeflateJSON and DeflateText.
	Compress deflating.Way
}

const (
	defaultPatience = 20 * time.Second

	// maxOutstanding is the limit of the bytes under way on a connection.
	maxOutstanding = 64 << 20
)

func (o *Options) check() error {
	const frameHeader = 14
	switch {
	case !slices.Contains(loads, o.Load):
		return fmt.Errorf("load is %q: it must be one of %s", o.Load, strings.Join(loads, ", "))
	case o.Conns < 1 || o.Depth < 1 || o.Size < 0:
		return errors.New("at least one connection and one outstanding message are needed")
	case o.Size > maxOutstanding || o.Depth > maxOutstanding/(o.Size+frameHeader):
		return fmt.Errorf("%d messages of %d B are more than %d B outstanding on a connection", o.Depth, o.Size, maxOutstanding)
	}
	if o.Load != Echo {
		o.Depth = 1
	}
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	return nil
}

// Result is what happened in the measured time. Its durations are in
// nanoseconds in JSON.
type Result struct {
	Count     uint64        `json:"count"` // of what the load counts
	Elapsed   time.Duration `json:"elapsed_ns"`
	ClientCPU time.Duration `json:"client_cpu_ns"`
	ServerCPU time.Duration `json:"server_cpu_ns"`

	// Ratio is what replies take on the wire, by their size, if they are
	// compressed.
	Ratio float64 `json:"ratio,omitempty"`
}

// load is a client at work.
type load interface {
	run(d time.Duration) error // goes on for d
	check() error              // fails if something is missing, after the last run
	count() uint64             // up to now
	close()
}

// Run opens the connections, loads them and closes them. It locks its thread
// and turns the process's garbage collection off: it is made to be a process's
// only work. Any lost connection, wrong byte or missing answer is an error.
func Run(o Options) (Result, error) {
	if err := o.check(); err != nil {
		return Result{}, err
	}
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	l, err := begin(o)
	if err != nil {
		return Result{}, err
	}
	defer l.close()
	result, err := measure(l, o)
	if d, ok := l.(*deflate); ok {
		result.Ratio = d.ratio
	}
	return result, err
}

func begin(o Options) (load, error) {
	switch o.Load {
	case Broadcast:
		return newBroadcast(o)
	case Setup:
		return newSetup(o)
	case DeflateJSON:
		return newDeflate(o, corpus.JSON)
	case DeflateText:
		return newDeflate(o, corpus.Text)
	}
	return newEcho(o)
}

func measure(l load, o Options) (Result, error) {
	if err := l.run(o.Warmup); err != nil {
		return Result{}, fmt.Errorf("warming up: %w", err)
	}
	began := time.Now()
	before, err := reading(l, began, o.ServerPID)
	if err != nil {
		return Result{}, err
	}
	if err := runOn(l, o, before.Count); err != nil {
		return Result{}, err
	}
	after, err := reading(l, began, o.ServerPID)
	if err != nil {
		return Result{}, err
	}
	if err := l.check(); err != nil {
		return Result{}, err
	}
	if after.Count == before.Count {
		return Result{}, fmt.Errorf("no answer within %v", o.Patience)
	}
	return after.since(before), nil
}

// runOn loads the server for the measured time, and for longer only if that was
// too short for a single answer.
func runOn(l load, o Options, before uint64) error {
	for end := time.Now().Add(o.Patience); ; {
		if err := l.run(o.Duration); err != nil {
			return err
		}
		if l.count() > before || time.Now().After(end) {
			return nil
		}
	}
}

// reading takes the totals up to now. The server's are right because it is not
// running: it shares our processor.
func reading(l load, began time.Time, server int) (Result, error) {
	cpu, err := proc.CPU(server)
	return Result{
		Count:     l.count(),
		Elapsed:   time.Since(began),
		ClientCPU: proc.OwnCPU(),
		ServerCPU: cpu,
	}, err
}

func (r Result) since(before Result) Result {
	return Result{
		Count:     r.Count - before.Count,
		Elapsed:   r.Elapsed - before.Elapsed,
		ClientCPU: r.ClientCPU - before.ClientCPU,
		ServerCPU: r.ServerCPU - before.ServerCPU,
	}
}
