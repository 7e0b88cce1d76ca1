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
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// Plan says how to measure.
type Plan struct {
	Peers    []Peer
	Rounds   int           // of all peers, in turn
	Warmup   time.Duration // before each measured time
	Duration time.Duration // of each measured time
	CPU      int           // processor on which client and server run
	Files    int           // descriptors that a process may have open
	Bin      string        // folder of the built peers
	Client   string        // path of this program, whose rawclient command is the client

	// Step is called before each measurement, with what it is and about how
	// long it takes on an ordinary machine.
	Step func(what string, takes time.Duration)
}

// Table is the outcome of a cell.
type Table interface {
	fmt.Stringer           // its title
	Name() string          // that of its cell
	Text() [][]string      // rows and columns for people; the first row is the head
	Figure() report.Figure // what counts of it
}

// Measure measures one cell: in each round every peer, one after the other, so
// that what changes on the machine in the course of time meets them all. Each
// measurement has a fresh server process. A peer that cannot have enough
// descriptors is left out. If ctx ends after at least one round, the table of
// the whole rounds comes with the error.
func (p *Plan) Measure(ctx context.Context, cell Cell) (Table, error) {
	p = p.of(cell)
	if len(p.Peers) == 0 {
		return nil, errors.New("none of the peers compresses messages")
	}
	if cell.Kind == Idle || cell.Kind == IdleDeflate {
		samples, err := rounds(ctx, p, cell, p.memory)
		if samples == nil {
			return nil, err
		}
		return newIdleTable(p, cell, samples), err
	}
	samples, err := rounds(ctx, p, cell, p.load)
	if samples == nil {
		return nil, err
	}
	return newLoadTable(p, cell, samples), err
}

// of gives the plan for a cell: with the peers that can take part in it.
func (p *Plan) of(cell Cell) *Plan {
	if !cell.compresses() {
		return p
	}
	q := *p
	q.Peers = compressing(p.Peers, cell.Kind == IdleDeflate)
	return &q
}

// Takes says about how long a cell takes on an ordinary machine.
func (p *Plan) Takes(cell Cell) (all time.Duration) {
	for _, peer := range p.of(cell).Peers {
		if p.missing(peer, cell) == "" {
			all += p.takes(cell)
		}
	}
	return all * time.Duration(p.Rounds)
}

// takes says about how long one measurement takes.
func (p *Plan) takes(cell Cell) time.Duration {
	const start, open = 200 * time.Millisecond, 100 * time.Microsecond
	switch cell.Kind {
	case Idle:
		return start + time.Duration(cell.Conns+warmConns)*open
	case IdleDeflate:
		return start + time.Duration(cell.Conns+warmConns)*(open+time.Millisecond)
	case raw.Setup:
		return start + p.Warmup + p.Duration
	}
	return start + time.Duration(cell.Conns)*open + p.Warmup + p.Duration
}

// rounds measures all peers that can take part: a list for each, which is empty
// for the others. It gives nil if there was no whole round.
func rounds[S any](ctx context.Context, p *Plan, cell Cell, measure func(context.Context, Peer, Cell) (S, error)) (samples [][]S, err error) {
	for round := range p.Rounds {
		next := make([][]S, len(p.Peers))
		for i, peer := range p.Peers {
			if p.missing(peer, cell) != "" {
				continue
			}
			p.Step(fmt.Sprintf("%v: round %d of %d, %s", cell, round+1, p.Rounds, peer.Row()), p.takes(cell))
			sample, err := measure(ctx, peer, cell)
			if ctx.Err() != nil {
				return samples, ctx.Err()
			}
			if err != nil {
				return samples, fmt.Errorf("%s, %s: %w", peer.Row(), cell.Name(), err)
			}
			next[i] = []S{sample}
		}
		if samples == nil {
			samples = make([][]S, len(p.Peers))
		}
		for i := range next {
			samples[i] = append(samples[i], next[i]...)
		}
	}
	return samples, nil
}

// missing says why a peer cannot take part, or "".
func (p *Plan) missing(peer Peer, cell Cell) string {
	if needs := peer.files(cell.Conns); needs > p.Files {
		return fmt.Sprintf("needs %s descriptors", report.Count(needs))
	}
	return ""
}

// load starts a server and the client on one processor. They take turns on it,
// so that the ratio of their CPU times holds whatever the processor's speed was
// meanwhile.
func (p *Plan) load(ctx context.Context, peer Peer, cell Cell) (sample raw.Result, err error) {
	var args []string
	if cell.Kind == raw.Broadcast {
		args = append(args, "-broadcast")
	}
	err = p.with(peer, func(server *proc.Server) error {
		out, err := p.client(ctx, peer, cell, server).Output()
		if err != nil {
			return err
		}
		return json.Unmarshal(out, &sample)
	}, args...)
	return sample, err
}

// with calls f while a fresh process of the peer runs, both on our processor.
func (p *Plan) with(peer Peer, f func(*proc.Server) error, args ...string) error {
	if peer.compress != "" {
		args = append(args, "-compress", string(peer.compress))
	}
	return proc.Pinned(p.CPU, func() error {
		server, err := proc.Start(filepath.Join(p.Bin, peer.Name), args...)
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
		"-load", cell.Kind,
		"-compress", string(peer.compress),
		"-conns", strconv.Itoa(cell.Conns),
		"-size", strconv.Itoa(cell.Size),
		"-depth", strconv.Itoa(cell.Depth),
		"-warmup", p.Warmup.String(),
		"-duration", p.Duration.String(),
		"-server-pid", strconv.Itoa(server.PID()))
	client.Stderr = os.Stderr
	return client
}
