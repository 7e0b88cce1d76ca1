package compare

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/raw"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

const (
	// IdleSize is the payload of the one message on a connection, in bytes,
	// before it becomes idle.
	IdleSize = 1024

	// warmConns connections come and go before the memory without connections
	// is taken, so that what a server grows by once is not counted as theirs.
	warmConns = 1000

	// quietTimeout is how long a server may take to close what the client has
	// closed.
	quietTimeout = 10 * time.Second
)

// Memory is a server's resident memory, in bytes, after it has collected its
// garbage.
type Memory struct {
	Empty int64 `json:"empty_bytes"` // without connections
	Idle  int64 `json:"idle_bytes"`  // with all of them idle
}

// RunIdle measures the memory that n idle connections need, in rounds as
// [Plan.Run] does.
func (p *Plan) RunIdle(ctx context.Context, n int, doing func(string)) (IdleTable, error) {
	samples := make([][]Memory, len(p.Peers))
	for round := range p.Rounds {
		for i, peer := range p.Peers {
			if ctx.Err() != nil {
				return IdleTable{}, ctx.Err()
			}
			doing(fmt.Sprintf("%s idle: round %d of %d, %s", report.Plural(n, "connection"), round+1, p.Rounds, peer.Name))
			sample, err := p.memory(peer, n)
			if err != nil {
				return IdleTable{}, fmt.Errorf("%s, %d idle connections: %w", peer.Name, n, err)
			}
			samples[i] = append(samples[i], sample)
		}
	}
	return newIdleTable(p.Peers, n, samples), nil
}

func (p *Plan) memory(peer Peer, n int) (m Memory, err error) {
	err = p.with(peer, func(server *proc.Server) error {
		o := raw.Options{Addr: server.Addr, Plain: peer.Plain, Conns: min(n, warmConns), Size: IdleSize}
		if err := comeAndGo(server, o); err != nil {
			return err
		}
		if m.Empty, err = settled(server); err != nil {
			return err
		}
		o.Conns = n
		held, err := raw.Hold(o)
		if err != nil {
			return err
		}
		defer held.Close()
		m.Idle, err = settled(server)
		return err
	})
	return m, err
}

// settled gives the resident memory after a collection.
func settled(server *proc.Server) (int64, error) {
	if err := server.Collect(); err != nil {
		return 0, err
	}
	return proc.RSS(server.PID())
}

// comeAndGo opens connections, closes them, and waits until the server has
// closed them too.
func comeAndGo(server *proc.Server, o raw.Options) error {
	before, err := proc.Descriptors(server.PID())
	if err != nil {
		return err
	}
	held, err := raw.Hold(o)
	if err != nil {
		return err
	}
	held.Close()
	// A poller that the server creates with its first connection may stay.
	return await(server, before+lasting)
}

// lasting is how many descriptors a server may open once and keep.
const lasting = 10

func await(server *proc.Server, most int) error {
	for deadline := time.Now().Add(quietTimeout); ; time.Sleep(time.Millisecond) {
		open, err := proc.Descriptors(server.PID())
		if err != nil || open <= most {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d descriptors are open %v after all connections were closed: %w", open, quietTimeout, os.ErrDeadlineExceeded)
		}
	}
}
