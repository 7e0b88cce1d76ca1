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
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
)

// Options says what to measure.
type Options struct {
	Addr      string        // of the server, host:port
	Plain     bool          // the server echoes bytes and knows no WebSocket
	Conns     int           // connections
	Size      int           // payload of a message, in bytes
	Depth     int           // messages outstanding on each connection
	Warmup    time.Duration // load before the measured time
	Duration  time.Duration // measured time
	ServerPID int
}

// maxOutstanding is the limit of the bytes under way on a connection, so that
// they always fit into its sockets and neither end has to queue.
const maxOutstanding = 64 << 10

func (o Options) check() error {
	const frameHeader = 14
	switch {
	case o.Conns < 1 || o.Depth < 1 || o.Size < 0:
		return errors.New("at least one connection and one outstanding message are needed")
	case o.Depth*(o.Size+frameHeader) > maxOutstanding:
		return fmt.Errorf("%d messages of %d B are more than %d B outstanding on a connection", o.Depth, o.Size, maxOutstanding)
	}
	return nil
}

// Result is what happened in the measured time. Its durations are in
// nanoseconds in JSON.
type Result struct {
	Messages  uint64        `json:"messages"` // answered
	Elapsed   time.Duration `json:"elapsed_ns"`
	ClientCPU time.Duration `json:"client_cpu_ns"`
	ServerCPU time.Duration `json:"server_cpu_ns"`
}

// Run opens the connections, loads them and closes them. It locks its thread
// and turns the process's garbage collection off: it is made to be a process's
// only work. Any lost connection, wrong byte or unanswered connection is an
// error.
func Run(o Options) (Result, error) {
	if err := o.check(); err != nil {
		return Result{}, err
	}
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	c, err := open(o)
	if err != nil {
		return Result{}, err
	}
	defer c.close()
	return c.measure(o)
}

func (c *client) measure(o Options) (Result, error) {
	if err := c.start(); err != nil {
		return Result{}, err
	}
	if err := c.run(o.Warmup); err != nil {
		return Result{}, fmt.Errorf("warming up: %w", err)
	}
	before, err := c.reading(o.ServerPID)
	if err != nil {
		return Result{}, err
	}
	if err := c.run(o.Duration); err != nil {
		return Result{}, err
	}
	after, err := c.reading(o.ServerPID)
	if err != nil {
		return Result{}, err
	}
	return after.since(before), c.unanswered()
}

// reading takes the totals up to now. The server's are right because it is not
// running: it shares our processor.
func (c *client) reading(server int) (Result, error) {
	cpu, err := proc.CPU(server)
	return Result{
		Messages:  c.messages,
		Elapsed:   time.Since(c.opened),
		ClientCPU: proc.OwnCPU(),
		ServerCPU: cpu,
	}, err
}

func (r Result) since(before Result) Result {
	return Result{
		Messages:  r.Messages - before.Messages,
		Elapsed:   r.Elapsed - before.Elapsed,
		ClientCPU: r.ClientCPU - before.ClientCPU,
		ServerCPU: r.ServerCPU - before.ServerCPU,
	}
}
