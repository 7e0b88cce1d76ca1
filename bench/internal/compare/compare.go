package compare

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/raw"
)

// Plan says what to measure.
type Plan struct {
	Peers    []Peer
	Cells    []Cell
	Idle     []int         // numbers of connections that are held without a message
	Rounds   int           // of all peers, in turn
	Warmup   time.Duration // before each measured time
	Duration time.Duration // of each measured time
	CPU      int           // processor on which client and server run
	Bin      string        // folder of the built peers
	Client   string        // path of this program, whose rawclient command is the client
}

// Cell is a kind of load.
type Cell struct {
	Size  int `json:"size_bytes"`
	Conns int `json:"conns"`
	Depth int `json:"depth"`
}

func (c Cell) String() string {
	return fmt.Sprintf("%d B, %d connections, depth %d", c.Size, c.Conns, c.Depth)
}

// Run measures one cell: in each round every peer, one after the other, so that
// what changes on the machine in the course of time meets them all. Each
// measurement has a fresh server process. doing is told what comes next.
func (p *Plan) Run(ctx context.Context, cell Cell, doing func(string)) (Table, error) {
	samples := make([][]raw.Result, len(p.Peers))
	for round := range p.Rounds {
		for i, peer := range p.Peers {
			doing(fmt.Sprintf("%v: round %d of %d, %s", cell, round+1, p.Rounds, peer.Name))
			sample, err := p.measure(ctx, peer, cell)
			if err != nil {
				return Table{}, fmt.Errorf("%s, %v: %w", peer.Name, cell, err)
			}
			samples[i] = append(samples[i], sample)
		}
	}
	return newTable(p.Peers, cell, samples), nil
}

// measure starts a server and the client on one processor. They take turns on
// it, so that the ratio of their CPU times holds whatever the processor's
// speed was meanwhile.
func (p *Plan) measure(ctx context.Context, peer Peer, cell Cell) (sample raw.Result, err error) {
	err = p.with(peer, func(server *proc.Server) error {
		out, err := p.client(ctx, peer, cell, server).Output()
		if err != nil {
			return err
		}
		return json.Unmarshal(out, &sample)
	})
	return sample, err
}

// with calls f while a fresh process of the peer runs, both on our processor.
func (p *Plan) with(peer Peer, f func(*proc.Server) error) error {
	return proc.Pinned(p.CPU, func() error {
		server, err := proc.Start(filepath.Join(p.Bin, peer.Name))
		if err != nil {
			return err
		}
		return errors.Join(f(server), server.Stop(10*time.Second))
	})
}

func (p *Plan) client(ctx context.Context, peer Peer, cell Cell, server *proc.Server) *exec.Cmd {
	client := exec.CommandContext(ctx, p.Client, "rawclient",
		"-addr", server.Addr,
		"-plain="+strconv.FormatBool(peer.Plain),
		"-conns", strconv.Itoa(cell.Conns),
		"-size", strconv.Itoa(cell.Size),
		"-depth", strconv.Itoa(cell.Depth),
		"-warmup", p.Warmup.String(),
		"-duration", p.Duration.String(),
		"-server-pid", strconv.Itoa(server.PID()))
	client.Stderr = os.Stderr
	return client
}
