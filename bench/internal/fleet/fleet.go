// Package fleet drives a load's connections from one process or several, as
// many as the limit of descriptors asks for, and adds up what they see.
package fleet

import (
	"context"
	"sync"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Fleet is the connections of a load, each owned by one of its members. Do and
// Close are for one goroutine; Sample is for another one, at the same time.
type Fleet struct {
	members []member
	died    []error // the ends of members that nobody asked for
}

// member owns a share of the connections.
type member interface {
	// do carries a step out. It ends early with ctx, but in good order. An
	// error means that the member is gone, and is given once.
	do(ctx context.Context, s Step) (result.Outcome, error)
	// sample tells the state, with the latencies since the last call.
	sample() result.Sample
	// cpu gives the processor time that the member has used in a process of
	// its own: 0 if that is this one. It never falls.
	cpu() time.Duration
	// end ends the member; its connections that are open end without a
	// close handshake.
	end()
}

// Start begins a fleet without opening anything: in this process if n is 1,
// else in n processes of program, which must call [Serve] when its only
// argument is "worker". The options are those of all connections together.
func Start(program string, n int, o load.Options) (*Fleet, error) {
	if n == 1 {
		g, err := load.New(o)
		if err != nil {
			return nil, err
		}
		return &Fleet{members: []member{&local{g}}}, nil
	}
	f := &Fleet{}
	for i := range n {
		p, err := startProcess(program, i, shareOptions(o, i, n))
		if err != nil {
			f.end()
			return nil, err
		}
		f.members = append(f.members, p)
	}
	return f, nil
}

// Do has all members carry out their share of a step at the same time, and
// gives the sum of their outcomes. It ends early with ctx. A member that ended
// unasked counts as an error, and its connections are gone.
func (f *Fleet) Do(ctx context.Context, s Step) (sum result.Outcome) {
	outcomes, errs := make([]result.Outcome, len(f.members)), make([]error, len(f.members))
	var members sync.WaitGroup
	for i, m := range f.members {
		if share, any := s.share(i, len(f.members)); any {
			members.Go(func() { outcomes[i], errs[i] = m.do(ctx, share) })
		}
	}
	members.Wait()
	for i, err := range errs {
		sum.Add(outcomes[i])
		if err != nil {
			f.died = append(f.died, err)
			sum.Add(failed(err))
		}
	}
	return sum
}

// Close closes all connections, ends the members, and gives the errors of the
// fleet's whole life by kind.
func (f *Fleet) Close() map[string]int {
	before := f.died
	sum := f.Do(context.Background(), Step{Close: true})
	for _, err := range before {
		sum.Add(failed(err))
	}
	f.end()
	return sum.Errors
}

// failed is the outcome of a member that ended unasked.
func failed(err error) result.Outcome {
	return result.Outcome{Errors: map[string]int{err.Error(): 1}}
}

// end ends the members, and waits for all at the same time.
func (f *Fleet) end() {
	var members sync.WaitGroup
	for _, m := range f.members {
		members.Go(m.end)
	}
	members.Wait()
}

// Sample tells the state of all together, a fifth of a second ago or less. Its
// latencies are those since the last call.
func (f *Fleet) Sample() (sum result.Sample) {
	for _, m := range f.members {
		s := m.sample()
		sum.At = max(sum.At, s.At)
		sum.Open += s.Open
		sum.Messages += s.Messages
		sum.Errors += s.Errors
		sum.Latency.Merge(s.Latency)
	}
	return sum
}

// CPU gives the processor time that the members and this process have used.
// It may be called from any goroutine.
func (f *Fleet) CPU() time.Duration {
	sum := proc.OwnCPU()
	for _, m := range f.members {
		sum += m.cpu()
	}
	return sum
}
