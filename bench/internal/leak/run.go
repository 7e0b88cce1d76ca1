package leak

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
)

// maxFaults is the number of faults after which a run is given up, and
// maxExamples how many of them are told in full.
const (
	maxFaults   = 100
	maxExamples = 20
)

// Run is a run, that Do carries out once. Its other methods are for any
// goroutine, at any time.
type Run struct {
	options Options

	verified atomic.Uint64
	bytes    atomic.Uint64
	pongs    atomic.Uint64
	numbers  atomic.Uint32 // of connections so far
	opened   atomic.Uint64
	faults   atomic.Int64
	stopped  atomic.Bool // it cannot go on

	mu       sync.Mutex
	examples []string
	ends     map[string]int
}

// Result is what a run came to. A fault is a mismatch, or a connection that
// the server ended or left without an answer: it costs the connection.
type Result struct {
	Messages, Bytes, Pongs uint64         // verified
	Conns                  uint64         // opened
	Ends                   map[string]int // how they ended
	Faults                 int
	Examples               []string // of faults, the first ones
}

// New prepares a run; it fails if the options are wrong.
func New(o Options) (*Run, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	return &Run{options: o, ends: map[string]int{}}, nil
}

// Verified gives the number of messages verified so far.
func (r *Run) Verified() uint64 { return r.verified.Load() }

// Faults gives the number of faults so far.
func (r *Run) Faults() int { return int(r.faults.Load()) }

// Do exchanges messages until as many as wanted are verified, ctx ends, or
// there are too many faults. It returns an error only if it could not begin.
func (r *Run) Do(ctx context.Context) (Result, error) {
	threads := make([]*thread, r.options.Threads)
	for i := range threads {
		t, err := newThread(r, i)
		if err != nil {
			return Result{}, err
		}
		defer t.close()
		threads[i] = t
	}
	var running sync.WaitGroup
	for _, t := range threads {
		running.Go(func() { t.run(ctx) })
	}
	running.Wait()
	return r.result(), nil
}

func (r *Run) result() Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Result{
		Messages: r.verified.Load(), Bytes: r.bytes.Load(), Pongs: r.pongs.Load(), Conns: r.opened.Load(),
		Ends: maps.Clone(r.ends), Faults: r.Faults(), Examples: r.examples,
	}
}

// fault counts what went wrong.
func (r *Run) fault(text string) {
	r.faults.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.examples) < maxExamples {
		r.examples = append(r.examples, text)
	}
}

func (r *Run) ended(how string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ends[how]++
}

// over reports whether connections have done what they are for.
func (r *Run) over() bool {
	return r.stopped.Load() || r.verified.Load() >= r.options.Messages || r.faults.Load() >= maxFaults
}
