package fleet

import (
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
)

func TestPartsAreNearlyEqual(t *testing.T) {
	for _, total := range []int{0, 1, 5, 7, 60_000} {
		sum := 0
		for i := range 7 {
			p := part(total, i, 7)
			if p < total/7 || p > total/7+1 {
				t.Errorf("part %d of %d: %d", i, total, p)
			}
			sum += p
		}
		if sum != total {
			t.Errorf("parts of %d make %d", total, sum)
		}
	}
}

func TestShareOptions(t *testing.T) {
	o := load.Options{URL: "ws://host/", First: 100, Conns: 10, Rate: 30, Parallel: 4}
	next := 100
	for i := range 3 {
		s := shareOptions(o, i, 3)
		if s.First != next || s.Rate != 10 || s.Phase != float64(i)/3 || s.Parallel != 4 || s.URL != o.URL {
			t.Errorf("member %d: %+v", i, s)
		}
		next += s.Conns
	}
	if next != 110 {
		t.Errorf("the numbers end at %d", next)
	}
}

func TestShareOfSteps(t *testing.T) {
	const n = 2
	for i := range n {
		s, any := Step{Exchange: &load.Run{Conns: 3, Rate: 10, Size: 5}}.share(i, n)
		if !any || s.Exchange.Conns != 1+i || s.Exchange.Rate != 5 || s.Exchange.Size != 5 {
			t.Errorf("exchange: %+v", s.Exchange)
		}
		s, any = Step{Exchange: &load.Run{}}.share(i, n)
		if !any || s.Exchange.Conns != 0 {
			t.Errorf("exchange of all: %+v", s.Exchange)
		}
		s, _ = Step{Broadcast: &load.Broadcast{Rate: 10}}.share(i, n)
		if s.Broadcast.Rate != 10 || s.Broadcast.Delay != broadcastDelay {
			t.Errorf("broadcast: %+v", s.Broadcast)
		}
		s, _ = Step{Churn: &load.Churn{Rate: 10, Messages: 3}}.share(i, n)
		if s.Churn.Rate != 5 || s.Churn.Messages != 3 {
			t.Errorf("churn: %+v", s.Churn)
		}
		s, _ = Step{Hold: &Hold{Sample: 3, Duration: time.Second}}.share(i, n)
		if s.Hold.Sample != 1+i || s.Hold.Duration != time.Second {
			t.Errorf("hold: %+v", s.Hold)
		}
		if s, any = (Step{Dial: true}).share(i, n); !any || !s.Dial {
			t.Errorf("dial: %+v", s)
		}
	}
}

// A part of nothing must not be taken for all connections.
func TestShareOfFewerThanMembers(t *testing.T) {
	taking := 0
	for i := range 3 {
		if s, any := (Step{Exchange: &load.Run{Conns: 1}}).share(i, 3); any {
			taking += s.Exchange.Conns
		}
	}
	if taking != 1 {
		t.Errorf("%d take part, want 1", taking)
	}
}
