package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// A worker reads orders, one JSON value each, and writes answers: the options
// come first and have no answer; then each step is answered by its outcome,
// and samples come unasked in between.
type (
	order struct {
		Options *load.Options `json:"options,omitempty"`
		Step    *Step         `json:"step,omitempty"`
		Cancel  bool          `json:"cancel,omitempty"` // the step under way
	}
	answer struct {
		Sample  *result.Sample  `json:"sample,omitempty"`
		Outcome *result.Outcome `json:"outcome,omitempty"`
	}
)

// sampled is how often a worker tells its state. One that is silent for much
// longer is stuck.
const sampled = 200 * time.Millisecond

// worker is the other end of a [process].
type worker struct {
	group  *load.Group
	cancel context.CancelFunc // of the step under way, or the last one

	mu  sync.Mutex
	out *json.Encoder
}

// Serve is a worker: it carries out the orders in r and answers to w, until r
// ends. The order to end is r's end, so that it comes also if whoever gave the
// orders is gone.
func Serve(r io.Reader, w io.Writer) error {
	orders := json.NewDecoder(r)
	var first order
	if err := orders.Decode(&first); err != nil {
		return err
	}
	if first.Options == nil {
		return errors.New("the first order has no options")
	}
	group, err := load.New(*first.Options)
	if err != nil {
		return err
	}
	ctx, end := context.WithCancel(context.Background())
	defer end()
	k := &worker{group: group, cancel: func() {}, out: json.NewEncoder(w)}
	go k.report(ctx)
	return k.obey(ctx, orders)
}

// obey carries orders out until they end.
func (k *worker) obey(ctx context.Context, orders *json.Decoder) error {
	for {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		k.cancel() // the step before, which has ended, or which this order means
		if o.Step != nil {
			ctx, cancel := context.WithCancel(ctx)
			k.cancel = cancel
			go k.carryOut(ctx, *o.Step)
		}
	}
}

// carryOut answers a step. A last sample goes before, so that what is known of
// the state is not older than the outcome.
func (k *worker) carryOut(ctx context.Context, s Step) {
	outcome := s.carryOut(ctx, k.group)
	k.sample()
	k.answer(answer{Outcome: &outcome})
}

// report tells the state regularly.
func (k *worker) report(ctx context.Context) {
	tick := time.NewTicker(sampled)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			k.sample()
		case <-ctx.Done():
			return
		}
	}
}

// sample sends a sample. They are taken under the lock so that they arrive in
// the order in which they were taken.
func (k *worker) sample() {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.group.Sample()
	k.out.Encode(answer{Sample: &s}) // if nobody reads, the orders end too
}

func (k *worker) answer(a answer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.out.Encode(a)
}
