package compare

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/raw"
)

const (
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

// memory measures what a peer's idle connections need.
func (p *Plan) memory(_ context.Context, peer Peer, cell Cell) (m Memory, err error) {
	err = p.with(peer, func(server *proc.Server) error {
		o := raw.Options{Addr: server.Addr, Plain: peer.Plain, Conns: min(cell.Conns, warmConns), Size: cell.Size, Compress: peer.compress}
		if err := comeAndGo(server, o); err != nil {
			return err
		}
		if m.Empty, err = settled(server); err != nil {
			return err
		}
		o.Conns = cell.Conns
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
